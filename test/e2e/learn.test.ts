import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { scriptedAnswers } from '../../src/learn/answers.ts';
import type { Grade } from '../../src/learn/grade.ts';
import type { Learning } from '../../src/learn/learning.ts';
import { eventually } from '../support/processes.ts';
import { describeNeeds } from '../support/requirements.ts';
import { Scene } from '../support/scene.ts';
import { Terminal } from '../support/terminal.ts';

let scene = new Scene();
afterEach(async () => {
  await scene.close();
  scene = new Scene();
});

const SMALL = ['--keys', '240'];
const script = (name: string) => `test/learn/scripts/${name}.txt`;
const learningOf = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Learning;
const points = (grade: Grade, name: string) => grade.parts.find((part) => part.name === name)!.points;

/** Types the answers of a script into a terminal of 80 × 24, each when it is asked for. */
async function drive(name: string): Promise<{ grade: Grade; screen: string }> {
  const folder = await scene.folder();
  const temp = await scene.temp();
  const terminal = Terminal.open(
    scene,
    [process.execPath, scene.cliPath, 'learn', ...SMALL, '--quiet', '--output', 'work.json', '--name', 'Ada'],
    { cwd: folder, env: { PERFCASE_STATE_DIR: join(folder, 'state'), ...temp.env, TERM: 'dumb' } },
  );
  const answers = scriptedAnswers(readFileSync(script(name), 'utf8'));
  while (await terminal.isAsked(60_000)) {
    const answer = await answers.next();
    if (answer === undefined) break;
    const before = terminal.read(true);
    terminal.type(answer);
    await eventually(() => terminal.isOver() || terminal.read(true) !== before);
  }
  await eventually(() => terminal.isOver(), 30_000);
  const screen = terminal.read(true);
  if (!terminal.isOver()) throw new Error(`it did not end: ${screen.slice(-2000)}`);
  expect(terminal.exitCode()).toBe(0);
  return { grade: learningOf(join(folder, 'work.json')).grade!, screen };
}

describeNeeds(
  ['dist', 'tmux', 'strace', 'lsof', 'slow-disk'],
  'the workshop, in a terminal of 80 × 24',
  () => {
    it('grades a careful path, a corrected mistake and a lazy path for what they are', async () => {
      const careful = await drive('perfect');
      const mistaken = await drive('wrong-hypothesis');
      const lazy = await drive('lazy');
      for (const { screen } of [careful, mistaken, lazy])
        expect(screen.split('\n').filter((line) => line.length > 80)).toEqual([]);

      expect(careful.screen).toContain('Ada: ');
      expect(points(careful.grade, 'Causes')).toBe(20);
      expect(points(careful.grade, 'Refutation')).toBe(15);
      expect(points(careful.grade, 'Mending after proof')).toBe(10);

      expect(points(mistaken.grade, 'Looking before judging')).toBe(0);
      expect(mistaken.grade.parts.map(({ because }) => because).join('; ')).toContain('1 of 2 causes shown');
      expect(points(mistaken.grade, 'Mending after proof')).toBe(5);

      expect(points(lazy.grade, 'Evidence')).toBe(0);
      expect(points(lazy.grade, 'Causes')).toBe(0);
      expect(lazy.grade.hints).toBe(1);
      expect(careful.grade.points).toBeGreaterThan(mistaken.grade.points + 20);
      expect(mistaken.grade.points).toBeGreaterThan(lazy.grade.points + 20);
    });
  },
);

describeNeeds(['dist', 'strace', 'lsof'], 'the workshop', () => {
  const run = async (args: readonly string[], env: NodeJS.ProcessEnv) =>
    scene.perfcase(['learn', ...SMALL, '--disk', 'none', ...args], { env }).finished;

  it('can be left, taken up again, and finished once', async () => {
    const folder = await scene.folder();
    const { env } = await scene.temp();
    const file = join(folder, 'work.json');
    const first = await run(['--script', script('leave'), '--output', file], env);
    expect(first.code).toBe(4);
    expect(first.stderr).toContain('goes on where you were');
    const left = learningOf(file);
    expect(left.grade).toBeUndefined();
    expect(left.steps.map(({ kind }) => kind)).toEqual(['look', 'note', 'fix']);

    const second = await run(['--script', script('go-on'), '--output', file], env);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('You have been here before: 3 steps are kept.');
    const done = learningOf(file);
    expect(done.steps.slice(0, 3)).toEqual(left.steps);
    expect(done.grade?.points).toBeGreaterThan(0);

    const third = await run(['--script', script('go-on'), '--output', file], env);
    expect(third.code).toBe(2);
    expect(third.stderr).toContain('--restart begins anew');
  });

  it('says by line where a script does not fit the questions', async () => {
    const folder = await scene.folder();
    const { env } = await scene.temp();
    const [file, answers] = [join(folder, 'work.json'), join(folder, 'ada.txt')];
    writeFileSync(answers, '# the settings first\nsettings\n/^no-such-setting/\n');
    const { code, stderr } = await run(['--script', answers, '--output', file, '--quiet'], env);
    expect(code).toBe(2);
    expect(stderr).toContain(`${answers}:3: "/^no-such-setting/" does not answer "Which line matters?`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(learningOf(file).steps.map(({ kind }) => kind)).toEqual(['look']);
  });

  it('keeps what was done when it is interrupted, and leaves nothing running', async () => {
    const folder = await scene.folder();
    const { env } = await scene.temp();
    const file = join(folder, 'work.json');
    const child = scene.perfcase(['learn', ...SMALL, '--disk', 'none', '--output', file], { env });
    // Standard input is empty: it ends as if the learner had gone.
    const { code, stderr } = await child.finished;
    expect(code).toBe(4);
    expect(stderr).toContain('no answer came to "Your choice:"; the same command goes on where you were');
    expect(await eventually(() => child.family().length === 0)).toBe(true);
    expect(learningOf(file).steps).toEqual([]);
  });
});

describe('the workshop says in one line what is wrong', () => {
  const refused = async (args: readonly string[]) => {
    const { env } = await scene.temp();
    const { code, stderr } = await scene.perfcase(['learn', ...args], { env }).finished;
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    return stderr;
  };

  it('with its words, and with its files', async () => {
    const folder = await scene.folder();
    expect(await refused(['no-such'])).toContain('there is no workshop "no-such"');
    expect(await refused(['--server', 'x'])).toContain('--server takes');
    expect(await refused(['--script', join(folder, 'none')])).toContain('cannot be read (ENOENT)');
    expect(await refused(['--output', 'package.json'])).toContain('is not what perfcase learn writes');
    expect(await refused(['--output', join(folder, 'no', 'file')])).toContain('no such folder');
  });

  it('and shows the model path without starting anything', async () => {
    const { env } = await scene.temp();
    const { code, stdout } = await scene.perfcase(['learn', '--instructor'], { env }).finished;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}1\. Look at the machine/m);
    expect(stdout).toMatch(/^ 20 {2}Causes: 10 for each of the 2 causes/m);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});
