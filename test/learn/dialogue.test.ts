import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { scriptedAnswers, typedAnswers } from '../../src/learn/answers.ts';
import { Dialogue, Left } from '../../src/learn/dialogue.ts';
import { excerptOf } from '../../src/learn/excerpt.ts';

/** Each line is typed by somebody who is asked again after a wrong one. */
function dialogue(script: string): { talk: Dialogue; shown: () => string } {
  let shown = '';
  const answers = { ...scriptedAnswers(script), refuse: () => undefined };
  const talk = new Dialogue(answers, (text) => {
    shown += text;
  });
  return { talk, shown: () => shown };
}

const scripted = (script: string) => new Dialogue(scriptedAnswers(script, 'ada.txt'), () => undefined);
const CHOICES = [
  { id: 'one', text: 'the first' },
  { id: '', text: 'the second' },
];

describe('a choice', () => {
  it.each([
    ['1', 'the first'],
    ['one', 'the first'],
    ['the second', 'the second'],
    ['7\nabc\n-\n2', 'the second'],
  ])('%j is %s', async (script, text) => {
    expect((await dialogue(script).talk.choose('Which?', CHOICES)).text).toBe(text);
  });

  it('of several takes numbers and names, and an empty answer for none', async () => {
    expect(await dialogue('1, 2').talk.chooseSeveral('Which?', CHOICES)).toEqual([1, 2]);
    expect(await dialogue('one one').talk.chooseSeveral('Which?', CHOICES)).toEqual([1]);
    expect(await dialogue('-').talk.chooseSeveral('Which?', CHOICES)).toEqual([]);
    expect(await dialogue('3\n2').talk.chooseSeveral('Which?', CHOICES)).toEqual([2]);
  });
});

describe('a line', () => {
  const lines = Array.from({ length: 40 }, (_each, at) => `line ${at + 1}`);
  it.each([
    ['7', 6],
    ['-\n25', 24],
    ['/^line 33$/', 32],
    ['0', undefined],
    ['-\n-\n-', undefined],
    ['99\n/(/\n/nothing/\n2', 1],
    ['w3\n3', 2],
  ])('%j is %s', async (script, index) => {
    expect(await dialogue(script).talk.markLine(lines)).toBe(index);
  });

  it('is cut to 80 columns, without anything that commands a terminal', async () => {
    const { talk, shown } = dialogue('0');
    await talk.markLine([`\u001b[31m${'x'.repeat(200)}`]);
    const first = shown().split('\n', 1)[0]!;
    expect(first.length).toBe(80);
    expect(first).not.toContain('\u001b');
  });
});

describe('an estimate', () => {
  it.each([
    ['0.5', 0.5],
    ['0,5 s', 0.5],
    ['/10', 1],
    ['no\n-1\n/0\n2', 2],
  ])('%j of 10 is %d', async (script, seconds) => {
    expect(await dialogue(script).talk.estimate('How long?', 10)).toBe(seconds);
  });
});

describe('yes or no', () => {
  it.each([
    ['y', true],
    ['yes', true],
    ['n', false],
    ['-', false],
    ['iostat\nY', true],
  ])('%j is %s', async (script, yes) => {
    expect(await dialogue(script).talk.isYes('Again?')).toBe(yes);
  });
});

describe('a script that does not fit the questions is told by its line', () => {
  it.each<[string, (talk: Dialogue) => Promise<unknown>, string]>([
    ['# a\n\n7', (talk) => talk.choose('Which?', CHOICES), 'ada.txt:3: "7" does not answer "Number:" Please'],
    [
      '1,7',
      (talk) => talk.chooseSeveral('Which?', CHOICES),
      'ada.txt:1: "1,7" does not answer "Numbers, with',
    ],
    ['soon', (talk) => talk.estimate('How long?', 1), 'ada.txt:1: "soon" does not answer "Seconds, or /10'],
    ['/no such/', (talk) => talk.markLine(['a', 'b']), 'ada.txt:1: "/no such/" does not answer "Which line'],
    ['iostat', (talk) => talk.isYes('Again?'), 'ada.txt:1: "iostat" does not answer "Again? y, or Enter'],
  ])('%j', async (script, ask, said) => {
    await expect(ask(scripted(script))).rejects.toThrow(said);
  });

  it('and so is what is left when nothing is asked any more', async () => {
    const answers = scriptedAnswers('x\n\ny # never asked', 'ada.txt');
    await answers.next();
    expect(() => answers.finish()).toThrow('ada.txt:3: "y" answers nothing; the workshop was over.');
    await answers.next();
    expect(() => answers.finish()).not.toThrow();
  });

  it('and a question that got no answer is named', async () => {
    await expect(scripted('').ask('How so?')).rejects.toThrow('How so?');
  });
});

describe('answers', () => {
  it('of a script have no comments; when they are over, the learner has left', async () => {
    const { talk } = dialogue('# nothing\n a # b\n\n');
    expect(await talk.ask('?')).toBe('a');
    await expect(talk.ask('?')).rejects.toThrow(Left);
  });

  it('that are typed end with the input, or when interrupted', async () => {
    const input = new PassThrough();
    const abort = new AbortController();
    const answers = typedAnswers(input, abort.signal);
    input.write(' one \ntwo\n');
    expect(await answers.next()).toBe('one');
    expect(await answers.next()).toBe('two');
    const waiting = answers.next();
    abort.abort();
    expect(await waiting).toBeUndefined();
    answers.close();
  });
});

describe('an excerpt', () => {
  const text = 'head\na\nhead\nb\nc\nd\n';
  it('begins at the last line that fits', () => {
    expect(excerptOf(text, { from: /^head/, lines: 2 })).toEqual(['head', 'b']);
  });
  it('is the end without a pattern, and the beginning when nothing fits', () => {
    expect(excerptOf(text, { lines: 2 })).toEqual(['c', 'd']);
    expect(excerptOf(text, { from: /x/, lines: 2 })).toEqual(['head', 'a']);
    expect(excerptOf(text, undefined)).toHaveLength(6);
  });
});
