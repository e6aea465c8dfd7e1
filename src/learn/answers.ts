import { createInterface } from 'node:readline';
import { UserError } from '../core/errors.ts';

/** Where the learner's answers come from: a line each. */
export interface Answers {
  /** The next answer, without blanks around it; undefined when there is none any more. */
  next(): Promise<string | undefined>;
  /** Whether an answer is to be printed, since nobody has typed it. */
  readonly echo: boolean;
  /**
   * The answer given last fits no answer to this question; whoever types is asked again.
   * @throws UserError from a script, with its line: what follows answers other questions
   */
  refuse(question: string, wanted: string): void;
  /** @throws UserError when a script has answers left, though nothing more is asked */
  finish(): void;
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
    refuse: () => undefined,
    finish: () => undefined,
    close() {
      signal.removeEventListener('abort', end);
      lines.close();
    },
  };
}

/**
 * Lines of a script; empty ones and what stands behind a # are left out. "-" is an empty answer.
 * @param name of the file, for messages
 */
export function scriptedAnswers(text: string, name = 'the script'): Answers {
  const lines = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.replace(/(^|\s)#.*$/, '').trim() }))
    .filter((line) => line.text !== '');
  let given = { number: 0, text: '' };
  return {
    echo: true,
    async next() {
      const line = lines.shift();
      if (line === undefined) return undefined;
      given = line;
      return line.text === '-' ? '' : line.text;
    },
    refuse(question, wanted) {
      const answer = JSON.stringify(given.text);
      throw new UserError(`${name}:${given.number}: ${answer} does not answer "${question}" ${wanted}`);
    },
    finish() {
      const [next] = lines;
      if (next) {
        const answer = JSON.stringify(next.text);
        throw new UserError(`${name}:${next.number}: ${answer} answers nothing; the workshop was over.`);
      }
    },
    close: () => undefined,
  };
}
