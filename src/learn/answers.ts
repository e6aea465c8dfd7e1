import { createInterface } from 'node:readline';

/** Where the learner's answers come from: a line each. */
export interface Answers {
  /** The next answer, without blanks around it; undefined when there is none any more. */
  next(): Promise<string | undefined>;
  /** Whether an answer is to be printed, since nobody has typed it. */
  readonly echo: boolean;
  close(): void;
}

/** Lines as they are typed, or come from a pipe. */
export function typedAnswers(input: NodeJS.ReadableStream, signal: AbortSignal): Answers {
  const lines = createInterface({ input, terminal: false });
  const waiting: string[] = [];
  let isOver = false;
  let wake: () => void = () => undefined;
  lines.on('line', (line) => {
    waiting.push(line.trim());
    wake();
  });
  const end = () => {
    isOver = true;
    wake();
  };
  lines.on('close', end);
  signal.addEventListener('abort', end, { once: true });
  return {
    echo: !('isTTY' in input && input.isTTY === true),
    async next() {
      while (waiting.length === 0 && !isOver) await new Promise<void>((settle) => (wake = settle));
      return signal.aborted ? undefined : waiting.shift();
    },
    close() {
      signal.removeEventListener('abort', end);
      lines.close();
    },
  };
}

/** Lines of a script; empty ones and what stands behind a # are left out. "-" is an empty answer. */
export function scriptedAnswers(text: string): Answers {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
  return {
    echo: true,
    next: async () => {
      const line = lines.shift();
      return line === '-' ? '' : line;
    },
    close: () => undefined,
  };
}
