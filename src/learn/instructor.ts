import { plural, significant } from '../core/units.ts';
import { wrap } from '../report/terminal.ts';
import { WIDTH } from './dialogue.ts';
import type { Lesson } from './lesson.ts';
import {
  FACTOR,
  FACTS_PART,
  FIX_WITHOUT_PROOF,
  HINT_POINTS,
  LEFT_OPEN,
  MARKS,
  MOST_HINTS,
  POINTS,
  RIGHT_LINES_PART,
  WRONG_JUDGEMENT,
} from './points.ts';

/** What a teacher wants to know before: the model path, what is true and what shows it, and what gives points. */
export function instructorPage(lesson: Lesson): string {
  return [
    ...wrap(lesson.title, WIDTH, ''),
    ...['', 'The model path', ''],
    ...lesson.model.flatMap((text, at) => hanging(`${String(at + 1).padStart(3)}.`, text)),
    ...['', 'Hypotheses, and what decides them', ''],
    ...lesson.hypotheses.flatMap((each) => hypothesisLines(lesson, each)),
    ...['', 'Points, of 100', ''],
    ...scheme(lesson).flatMap(({ name, of, text }) =>
      hanging(`${String(of).padStart(3)} `, `${name}: ${text}`),
    ),
    ...hanging('  − ', `${HINT_POINTS} for each hint, at most ${HINT_POINTS * MOST_HINTS}`),
    '',
    `${MARKS.map(([least, mark]) => `${mark} from ${least}`).join(', ')}; E below`,
    '',
  ].join('\n');
}

function hanging(head: string, text: string): string[] {
  const [first = '', ...rest] = wrap(text, WIDTH - head.length - 1, '');
  return [`${head} ${first}`, ...rest.map((line) => `${' '.repeat(head.length + 1)}${line}`)];
}

function hypothesisLines({ facts, tests }: Lesson, hypothesis: Lesson['hypotheses'][number]): string[] {
  const { text, isTrue, supportedBy, refutedBy, test } = hypothesis;
  const deciding = isTrue ? supportedBy : refutedBy;
  const words = facts.filter(({ id }) => deciding.includes(id)).map((fact) => fact.text);
  return [
    ...hanging(isTrue ? ' true ' : ' wrong', text),
    ...hanging('        would be refuted by:', tests.find(({ id }) => id === test)!.text),
    ...words.flatMap((each) => hanging(isTrue ? '        shown by:' : '        refuted by:', each)),
  ];
}

interface SchemeRow {
  readonly name: string;
  readonly of: number;
  readonly text: string;
}

function scheme({ facts, hypotheses }: Lesson): SchemeRow[] {
  const { looking, evidence, causes, refutation, fixing, numbers } = POINTS;
  const machine = facts.filter((fact) => fact.machine).length;
  const wanted = hypotheses.filter(({ isTrue }) => isTrue).length;
  const each = (of: number, count: number) => significant(of / count);
  return [
    {
      ...looking,
      text: `${each(looking.of, machine)} for each of the ${plural(machine, 'fact')} about the machine that is noted before the first hypothesis or fix`,
    },
    {
      ...evidence,
      text: `${each(evidence.of * FACTS_PART, facts.length)} for each of the ${plural(facts.length, 'fact')} read from a line that says so, and ${significant(evidence.of * RIGHT_LINES_PART)} times the part of the noted lines that were read rightly`,
    },
    {
      ...causes,
      text: `${each(causes.of, wanted)} for each of the ${plural(wanted, 'cause')} let stand with a note that proves it; ${significant(causes.of * WRONG_JUDGEMENT)} less for each judgement against the evidence`,
    },
    {
      ...refutation,
      text: `all when each stated hypothesis came with the observation that would refute it, else the part of them; ${significant(refutation.of * LEFT_OPEN)} less for each wrong one that no line refuted`,
    },
    {
      ...fixing,
      text: `${each(fixing.of, wanted)} for each fix after its cause was shown; ${significant(fixing.of * FIX_WITHOUT_PROOF)} less for each tried without`,
    },
    {
      ...numbers,
      text: `${each(numbers.of, 2 * wanted)} for each effect foreseen within a factor of ${FACTOR}, and as much for each explained rightly`,
    },
  ];
}
