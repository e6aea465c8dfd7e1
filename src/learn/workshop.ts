import { significant } from '../core/units.ts';
import { type Choice, type Dialogue, Left } from './dialogue.ts';
import { type Grade, gradeOf } from './grade.ts';
import type { Lab } from './lab.ts';
import type { Note, Step } from './learning.ts';
import type { Fix, Lesson } from './lesson.ts';

/** What is done with each step: it is kept, so that nothing is lost when the learner goes. */
export type Keep = (steps: readonly Step[], slowSeconds: number) => Promise<void>;

const ACTIONS: readonly Choice[] = [
  { id: 'h', text: 'state a hypothesis' },
  { id: 'j', text: 'judge a hypothesis: does it stand?' },
  { id: 'f', text: 'try a fix' },
  { id: 'n', text: 'read my notes' },
  { id: '?', text: 'a hint (each costs a little)' },
  { id: 'x', text: 'finish, and be graded' },
  { id: 'q', text: 'leave; the next call goes on here' },
];

/**
 * Leads a learner through a case. Nothing is given away: what was read rightly and which hypothesis is true is said
 * only by the grade.
 * @param slowSeconds what the request took at the beginning
 * @returns the grade; absent when the learner left before the end, with the question that got no answer, if one was asked
 */
export async function workshop(
  lesson: Lesson,
  lab: Lab,
  dialogue: Dialogue,
  before: { readonly steps: readonly Step[]; readonly slowSeconds: number },
  keep: Keep,
): Promise<{ steps: readonly Step[]; grade?: Grade; unanswered?: string }> {
  const work = new Workshop(lesson, lab, dialogue, [...before.steps], before.slowSeconds, keep);
  try {
    await work.run();
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    return { steps: work.steps, ...(error.message === '' ? {} : { unanswered: error.message }) };
  }
  return { steps: work.steps, grade: gradeOf(lesson, work.steps) };
}

class Workshop {
  constructor(
    private readonly lesson: Lesson,
    private readonly lab: Lab,
    private readonly dialogue: Dialogue,
    readonly steps: Step[],
    private readonly slowSeconds: number,
    private readonly keep: Keep,
  ) {}

  async run(): Promise<void> {
    const { dialogue, lesson } = this;
    const looks = lesson.looks.map(({ id, title }) => ({ id, text: title }));
    let isMenuWanted = true;
    for (;;) {
      dialogue.gap();
      if (isMenuWanted) {
        dialogue.say('What next?');
        dialogue.lines(looks.map(({ text }, index) => `  ${index + 1}  look at ${text}`));
        dialogue.lines(ACTIONS.map(({ id, text }) => `  ${id}  ${text}`));
      }
      const answer = await dialogue.ask(
        isMenuWanted
          ? 'Your choice:'
          : `What next? 1-${looks.length}, h, j, f, n, ?, x, q; Enter for the menu:`,
      );
      isMenuWanted = answer === '';
      if (isMenuWanted) continue;
      const look = /^\d+$/.test(answer) ? looks[Number(answer) - 1] : looks.find(({ id }) => id === answer);
      dialogue.gap();
      if (look) await this.look(look.id);
      else if (answer === 'h') await this.hypothesis();
      else if (answer === 'j') await this.judge();
      else if (answer === 'f') await this.fix();
      else if (answer === 'n') this.readNotes();
      else if (answer === '?') await this.hint();
      else if (answer === 'q') throw new Left();
      else if (answer === 'x') {
        if (await this.reallyFinish()) return;
      } else dialogue.refuse(`There is no choice "${answer}".`);
    }
  }

  private get notes(): readonly Note[] {
    return this.steps.filter((step) => step.kind === 'note');
  }

  private async add(step: Step): Promise<void> {
    this.steps.push(step);
    await this.keep(this.steps, this.slowSeconds);
  }

  private async look(id: string): Promise<void> {
    const { dialogue } = this;
    const look = this.lesson.looks.find((each) => each.id === id)!;
    dialogue.say(`Running: ${look.title} …`);
    const lines = await this.lab.look(look);
    await this.add({ kind: 'look', look: id });
    for (;;) {
      const at = await dialogue.markLine(lines);
      if (at === undefined) return;
      const line = lines[at]!;
      dialogue.say(line, '    ');
      const facts = [...new Set(look.telling.map(({ fact }) => fact))];
      const said = await dialogue.choose(
        'What does this line tell?',
        inOrderOfText([
          ...facts.map((fact) => ({
            id: fact,
            text: this.lesson.facts.find((each) => each.id === fact)!.text,
          })),
          ...look.misreadings.map((text) => ({ id: '', text })),
        ]),
      );
      const fits = look.telling.some(
        ({ fact, line: pattern }) => fact === said.id && new RegExp(this.lab.fill(pattern)).test(line),
      );
      await this.add({
        kind: 'note',
        look: id,
        line: line.slice(0, 300),
        says: said.text,
        ...(fits ? { fact: said.id } : {}),
      });
      dialogue.say(`Note ${this.notes.length} is taken.`);
      if (!(await dialogue.isYes('Mark another line of this output?'))) return;
    }
  }

  private async hypothesis(): Promise<void> {
    const { dialogue, lesson } = this;
    const { id } = await dialogue.choose('Why is the request slow?', inOrderOfText(lesson.hypotheses));
    const notes = await this.whichNotes('Which of your notes speak for it?');
    const test = await dialogue.choose('What would refute it?', inOrderOfText(lesson.tests));
    await this.add({ kind: 'hypothesis', hypothesis: id, notes, test: test.id });
    dialogue.say('It is written down. Now look for what would refute it; then judge it (j).');
  }

  private async judge(): Promise<void> {
    const { dialogue, lesson } = this;
    const stated = new Set(
      this.steps.flatMap((step) => (step.kind === 'hypothesis' ? [step.hypothesis] : [])),
    );
    if (stated.size === 0) return dialogue.say('No hypothesis was stated yet: h states one.');
    const { id } = await dialogue.choose(
      'Which one?',
      lesson.hypotheses.filter((each) => stated.has(each.id)),
    );
    const verdict = await dialogue.choose('What does the evidence say?', [
      { id: 'stands', text: 'it stands' },
      { id: 'refuted', text: 'it is refuted' },
    ]);
    const notes = await this.whichNotes('Which of your notes decide it?');
    await this.add({
      kind: 'judgement',
      hypothesis: id,
      verdict: verdict.id === 'stands' ? 'stands' : 'refuted',
      notes,
    });
    dialogue.say('It is written down.');
  }

  private async fix(): Promise<void> {
    const { dialogue, lesson } = this;
    const chosen = await dialogue.choose(
      'Which fix?',
      lesson.fixes.map(({ id, title }) => ({ id, text: title })),
    );
    const fix = lesson.fixes.find(({ id }) => id === chosen.id)!;
    const before = this.now();
    dialogue.say(`A request takes ${significant(before)} s now.`);
    const expected = await dialogue.estimate('How long will it take with this fix?', before);
    dialogue.say('Applying it, and measuring again …');
    await this.lab.apply(fix);
    const after = await this.lab.measure();
    dialogue.say(
      `Before: ${significant(before)} s. After: ${significant(after)} s. You expected ${significant(expected)} s.`,
    );
    await this.explain(fix, { expected, before, after });
  }

  private async explain(
    fix: Fix,
    numbers: { readonly expected: number; readonly before: number; readonly after: number },
  ): Promise<void> {
    const right = fix.explanations[0]!;
    const { text } = await this.dialogue.choose(
      fix.question,
      inOrderOfText(fix.explanations.map((each) => ({ id: '', text: each }))),
    );
    await this.add({ kind: 'fix', fix: fix.id, ...numbers, explanation: text, isExplained: text === right });
  }

  /** Seconds of a request as it was measured last. */
  private now(): number {
    return this.steps.findLast((step) => step.kind === 'fix')?.after ?? this.slowSeconds;
  }

  private readNotes(): void {
    if (this.notes.length === 0)
      this.dialogue.say('There are no notes yet: look at something, and mark a line.');
    for (const [at, { look, line, says }] of this.notes.entries()) {
      this.dialogue.say(`${at + 1}. ${says} (${look}):`);
      this.dialogue.say(line, '     ');
    }
  }

  private noteChoices(): Choice[] {
    return this.notes.map(({ look, says }) => ({ id: '', text: `${says} (${look})` }));
  }

  private async whichNotes(question: string): Promise<number[]> {
    if (this.notes.length === 0) {
      this.dialogue.say(`${question} You have none.`);
      return [];
    }
    return this.dialogue.chooseSeveral(question, this.noteChoices());
  }

  private async hint(): Promise<void> {
    const reached = new Set(
      this.steps.flatMap((step) => {
        if (step.kind === 'note') return step.fact ? [step.fact] : [];
        if (step.kind === 'judgement') return step.verdict === 'stands' ? [step.hypothesis] : [];
        return step.kind === 'fix' ? [step.fix] : [];
      }),
    );
    const next = this.lesson.hints.find(({ until }) => !reached.has(until));
    if (!next) return this.dialogue.say('There is nothing left to hint at: x finishes.');
    this.dialogue.say(`Hint: ${next.text}`);
    await this.add({ kind: 'hint', until: next.until });
  }

  private async reallyFinish(): Promise<boolean> {
    if (this.steps.some(({ kind }) => kind === 'fix')) return true;
    return this.dialogue.isYes('No fix was tried yet. Finish all the same?');
  }
}

/** An order that tells nothing of which one is right. */
function inOrderOfText<T extends Choice>(choices: readonly T[]): T[] {
  return [...choices].sort((a, b) => (a.text < b.text ? -1 : 1));
}
