import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { EXIT, UserError } from '../../core/errors.ts';
import { significant } from '../../core/units.ts';
import { scriptedAnswers, typedAnswers } from '../../learn/answers.ts';
import { Dialogue, WIDTH } from '../../learn/dialogue.ts';
import type { Grade } from '../../learn/grade.ts';
import { instructorPage } from '../../learn/instructor.ts';
import { type Lab, openLab } from '../../learn/lab.ts';
import { type Learning, readLearning, writeLearning } from '../../learn/learning.ts';
import type { Lesson } from '../../learn/lesson.ts';
import { loadLesson } from '../../learn/lessons.ts';
import { workshop } from '../../learn/workshop.ts';
import { wrap } from '../../report/terminal.ts';
import { loadScenario } from '../../scenario/catalogue.ts';
import { directivesOf } from '../../scenario/scenario.ts';
import type { Io } from '../command.ts';
import { checkOutput, numberOption, progressOf } from '../report-output.ts';
import { readSmallFile } from '../small-file.ts';

interface Options {
  readonly server: string;
  readonly disk: string;
  readonly keys?: string;
  readonly name?: string;
  readonly output?: string;
  readonly script?: string;
  readonly restart?: boolean;
  readonly instructor?: boolean;
  readonly quiet?: boolean;
}

const SERVERS = ['bundled', 'redis'] as const;
const DISKS = ['auto', 'hdd', 'none'] as const;

/** `perfcase learn`: a case as a guided workshop, graded by its reasoning. */
export function configure(command: Command, io: Io): void {
  command
    .argument('[scenario]', 'a scenario with a workshop', 'redis-slow')
    .option('--name <name>', 'the name of the learner; your user name when left out')
    .option('--output <file>', 'where the work and the grade are kept; perfcase-learn-SCENARIO.json')
    .option('--restart', 'begin anew, and forget the work in that file')
    .option('--script <file>', 'take the answers from a file, one a line')
    .option('--instructor', 'print the model path and what gives points, and start nothing')
    .option('--server <name>', 'bundled (perfcase kv) or redis (a real redis-server)', 'bundled')
    .option('--disk <kind>', 'auto: a slow one where this machine can make it; hdd; none', 'auto')
    .option('--keys <n>', 'how many keys')
    .option('--quiet', 'no progress on standard error')
    .action((id: string, options: Options) => run(id, options, io));
}

async function run(id: string, options: Options, io: Io): Promise<void> {
  const lesson = await loadLesson(id);
  if (options.instructor) {
    io.stdout.write(instructorPage(lesson));
    return;
  }
  const server = SERVERS.find((name) => name === options.server);
  if (!server) throw new UserError(`--server takes bundled or redis, not "${options.server}".`);
  const disk = DISKS.find((name) => name === options.disk);
  if (!disk) throw new UserError(`--disk takes auto, hdd or none, not "${options.disk}".`);
  const keys = options.keys === undefined ? lesson.keys : numberOption('--keys', options.keys, 100_000);
  const file = options.output ?? `perfcase-learn-${lesson.scenario}.json`;
  checkOutput(file);
  const script = options.script === undefined ? undefined : readScript(options.script);
  const before = await beginning(file, lesson, options);
  await writeLearning(file, before);

  const scenario = await loadScenario(lesson.scenario);
  const progress = progressOf(options, io);
  progress('setting the stage: a server, an application and its clients');
  let lab: Lab | undefined;
  const answers =
    script === undefined ? typedAnswers(process.stdin, io.signal) : scriptedAnswers(script, options.script);
  try {
    lab = await openLab(lesson, keys, {
      ...{ server, disk, directives: directivesOf(scenario), progress },
      ...(scenario.fsyncMs === undefined ? {} : { fsyncMs: scenario.fsyncMs }),
      topology: 'local',
      self: [process.execPath, ...process.execArgv, process.argv[1]!] as [string, ...string[]],
      signal: io.signal,
    });
    await teach(
      lesson,
      lab,
      new Dialogue(answers, (text) => io.stdout.write(text)),
      { before, file, keys },
      io,
    );
    answers.finish();
  } catch (error) {
    if (!io.signal.aborted) throw error;
    throw new UserError(
      `interrupted (${String(io.signal.reason)}); the same command goes on where you were (${file}).`,
      EXIT.inconclusive,
    );
  } finally {
    answers.close();
    await lab?.close();
  }
}

async function teach(
  lesson: Lesson,
  lab: Lab,
  dialogue: Dialogue,
  { before, file, keys }: { before: Learning; file: string; keys: number },
  io: Io,
): Promise<void> {
  const slow = before.slowSeconds ?? (await lab.measure());
  for (const step of before.steps)
    if (step.kind === 'fix') await lab.apply(lesson.fixes.find(({ id }) => id === step.fix)!);
  dialogue.say(lesson.title);
  dialogue.gap();
  dialogue.say(lesson.symptom.replaceAll('{seconds}', significant(slow)).replaceAll('{keys}', String(keys)));
  dialogue.gap();
  dialogue.lines(lab.about.map((line) => `  ${line}`));
  if (before.steps.length > 0) {
    dialogue.gap();
    dialogue.say(`You have been here before: ${before.steps.length} steps are kept.`);
  }
  const kept = (steps: Learning['steps'], grade?: Grade): Learning => ({
    ...{ schema: 'perfcase.learning/1', scenario: lesson.scenario, learner: before.learner },
    ...{ slowSeconds: slow, steps },
    ...(grade ? { grade } : {}),
  });
  const { steps, grade, unanswered } = await workshop(
    lesson,
    lab,
    dialogue,
    { steps: before.steps, slowSeconds: slow },
    (now) => writeLearning(file, kept(now)),
  );
  await writeLearning(file, kept(steps, grade));
  if (!grade) {
    const why = unanswered === undefined ? 'left before the end' : `no answer came to "${unanswered}"`;
    throw new UserError(`${why}; the same command goes on where you were (${file}).`, EXIT.inconclusive);
  }
  io.stdout.write(gradeText(grade, before.learner, file));
}

/** What is in the file already, or an empty sheet. @throws UserError when it is another workshop's, or is graded */
async function beginning(file: string, lesson: Lesson, { name, restart }: Options): Promise<Learning> {
  const empty: Learning = {
    schema: 'perfcase.learning/1',
    scenario: lesson.scenario,
    learner: name ?? userName(),
    steps: [],
  };
  const found = await readLearning(file);
  if (!found || restart) return empty;
  if (found.scenario !== lesson.scenario)
    throw new UserError(`${file} belongs to the workshop ${found.scenario}; name another one with --output.`);
  if (found.grade)
    throw new UserError(`${file} holds finished work (${found.grade.points} points); --restart begins anew.`);
  if (name !== undefined && name !== found.learner)
    throw new UserError(`${file} holds the work of ${found.learner}; name another one with --output.`);
  return found;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in passwd.
    return `user ${process.getuid?.() ?? ''}`.trim();
  }
}

function readScript(file: string): string {
  try {
    return readSmallFile(resolve(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`--script ${file} cannot be read (${code ?? String(error)}).`);
  }
}

function gradeText({ points, mark, parts, hints }: Grade, learner: string, file: string): string {
  const rows = parts.flatMap(({ name, points: got, of, because }) => [
    `  ${name.padEnd(24)}${String(got).padStart(3)} of ${of}`,
    ...wrap(because, WIDTH, '      '),
  ]);
  const cost = hints > 0 ? [`  Hints taken: ${hints}`] : [];
  return `\n${[`${learner}: ${mark}, ${points} of 100 points`, ...rows, ...cost, `  kept in ${file}`, ''].join('\n')}`;
}
