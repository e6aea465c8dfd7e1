import { printable } from '../report/printable.ts';
import { wrap } from '../report/terminal.ts';
import type { Answers } from './answers.ts';

export const WIDTH = 80;
/** Lines of a tool's output on one screen of 24, with the question below. */
const PAGE = 18;

/** The learner has gone: no answer will come. The message is the question that got none, if there was one. */
export class Left extends Error {}

export interface Choice {
  /** What may be typed instead of the number. */
  readonly id: string;
  readonly text: string;
}

/**
 * Asks and tells in plain lines, one below the other: nothing is drawn over, so that it reads the same over SSH, in a
 * log, and by a screen reader.
 */
export class Dialogue {
  /** The question that was asked last. */
  private asked = '';

  constructor(
    private readonly answers: Answers,
    private readonly write: (text: string) => void,
  ) {}

  say(text: string, indent = ''): void {
    this.write(`${wrap(text, WIDTH, indent).join('\n')}\n`);
  }

  /** Lines as they are, their spaces too. */
  lines(lines: readonly string[]): void {
    this.write(lines.map((line) => `${printable(line)}\n`).join(''));
  }

  /** The answer is none to what was asked; it will be asked again. @throws UserError from a script */
  refuse(wanted: string): void {
    this.answers.refuse(this.asked, wanted);
    this.say(wanted);
  }

  gap(): void {
    this.write('\n');
  }

  /** @throws Left */
  async ask(question: string): Promise<string> {
    this.write(`${question} `);
    this.asked = question;
    const answer = await this.answers.next();
    if (answer === undefined) {
      this.write('\n');
      throw new Left(question);
    }
    if (this.answers.echo) this.write(`${printable(answer)}\n`);
    return answer;
  }

  /** No by an empty answer. @throws Left */
  async isYes(question: string): Promise<boolean> {
    for (;;) {
      const answer = await this.ask(`${question} y, or Enter for no:`);
      if (/^(y|yes)$/i.test(answer)) return true;
      if (/^(n|no|)$/i.test(answer)) return false;
      this.refuse('Please answer with y or n.');
    }
  }

  /** One of several, by number or by name. @throws Left */
  async choose(question: string, choices: readonly Choice[]): Promise<Choice> {
    this.say(question);
    this.list(choices);
    for (;;) {
      const chosen = pick(await this.ask('Number:'), choices);
      if (chosen) return chosen;
      this.refuse(`Please answer with a number from 1 to ${choices.length}.`);
    }
  }

  /** Any number of them, with commas between; none by an empty answer. @throws Left */
  async chooseSeveral(question: string, choices: readonly Choice[]): Promise<number[]> {
    this.say(question);
    this.list(choices);
    for (;;) {
      const words = (await this.ask('Numbers, with commas; Enter for none:')).split(/[\s,]+/).filter(Boolean);
      const numbers = words.map((word) => choices.indexOf(pick(word, choices)!) + 1);
      if (numbers.every((number) => number > 0)) return [...new Set(numbers)];
      this.refuse(`Please answer with numbers from 1 to ${choices.length}.`);
    }
  }

  /** Seconds, as a number or as a part of what it is now. @throws Left */
  async estimate(question: string, now: number): Promise<number> {
    this.say(question);
    for (;;) {
      const answer = (await this.ask('Seconds, or /10 for a tenth of now:'))
        .replace(',', '.')
        .replace(/\s*s$/, '');
      const value = answer.startsWith('/') ? now / Number(answer.slice(1)) : Number(answer);
      if (Number.isFinite(value) && value > 0) return value;
      this.refuse('Please answer with a number, for example 0.5, or /4.');
    }
  }

  /**
   * Shows an output page by page with line numbers, and asks which line matters.
   * @returns the index of the line; undefined for none
   * @throws Left
   */
  async markLine(lines: readonly string[]): Promise<number | undefined> {
    for (let from = 0; ; ) {
      const page = lines.slice(from, from + PAGE);
      const width = WIDTH - 4;
      this.write(
        page
          .map((line, at) => {
            const text = printable(line.replaceAll('\t', ' '));
            return `${String(from + at + 1).padStart(3)} ${text.length > width ? `${text.slice(0, width - 1)}…` : text}\n`;
          })
          .join(''),
      );
      const isLast = from + PAGE >= lines.length;
      const more = isLast ? 'Enter for none' : 'Enter for more, 0 for none';
      const answer = await this.ask(`Which line matters? Its number (w5: line 5 whole); ${more}:`);
      const whole = /^w\s*(\d+)$/.exec(answer)?.[1];
      if (whole !== undefined) {
        this.say(lines[Number(whole) - 1] ?? `There is no line ${whole} here.`);
        continue;
      }
      if (answer === '0' || (answer === '' && isLast)) return undefined;
      if (answer === '') {
        from += PAGE;
        continue;
      }
      const index = lineOf(answer, lines);
      if (index !== undefined) return index;
      this.refuse(`There is no line "${printable(answer)}" here.`);
    }
  }

  private list(choices: readonly Choice[]): void {
    for (const [index, { text }] of choices.entries()) {
      const [first, ...rest] = wrap(text, WIDTH - 5, '');
      this.write(
        `${String(index + 1).padStart(3)}. ${first ?? ''}\n${rest.map((line) => `     ${line}\n`).join('')}`,
      );
    }
  }
}

function pick(answer: string, choices: readonly Choice[]): Choice | undefined {
  if (answer === '') return undefined;
  return /^\d+$/.test(answer)
    ? choices[Number(answer) - 1]
    : choices.find(({ id, text }) => id === answer || text === answer);
}

/** By its number, or the first one that fits /a pattern/. */
function lineOf(answer: string, lines: readonly string[]): number | undefined {
  const pattern = /^\/(.+)\/$/.exec(answer)?.[1];
  if (pattern !== undefined) {
    try {
      const fits = new RegExp(pattern);
      const index = lines.findIndex((line) => fits.test(line));
      return index === -1 ? undefined : index;
    } catch {
      return undefined;
    }
  }
  const number = Number(answer);
  return Number.isInteger(number) && number >= 1 && number <= lines.length ? number - 1 : undefined;
}
