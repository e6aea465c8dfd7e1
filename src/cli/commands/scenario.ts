import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { RULES } from '../../analyzers/rules/index.ts';
import { EXIT, UserError } from '../../core/errors.ts';
import { loadScenario } from '../../scenario/catalogue.ts';
import type { Expectations } from '../../scenario/expect.ts';
import { skeletonOf, storyOf } from '../../scenario/skeleton.ts';
import type { Io } from '../command.ts';

/** `perfcase scenario new NAME` and `perfcase scenario check NAME|FILE`. */
export function configure(command: Command, io: Io): void {
  command
    .command('new')
    .description('write a commented scenario that can be played, to go on from')
    .argument('<name>', 'its id, and the name of its folder')
    .option('--dir <folder>', 'where the folder is made', 'scenarios')
    .action(async (name: string, options: { dir: string }) => create(name, options.dir, io));
  command
    .command('check')
    .description('check a scenario.yaml against the schema')
    .argument('<scenario>', 'a scenario.yaml, its folder, or one of perfcase list scenarios')
    .action(async (name: string) => check(name, io));
}

/** It is the name of a folder, of parts and of processes. */
const LONGEST_NAME = 64;

async function create(name: string, dir: string, io: Io): Promise<void> {
  if (name.length > LONGEST_NAME)
    throw new UserError(`the name of a scenario has ${LONGEST_NAME} letters at most, not ${name.length}.`);
  if (!/^[a-z][a-z0-9-]*$/.test(name))
    throw new UserError(`"${name}" is no name for a scenario; use small letters, digits and hyphens.`);
  const folder = join(dir, name);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UserError(`${folder} is there already; choose another name.`);
  // The first folder that was not there; what is half written must not stand in the way of the next attempt.
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'scenario.yaml'), skeletonOf(name));
    await writeFile(join(folder, 'story.md'), storyOf(name));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw new UserError(`${folder} cannot be written (${code ?? message}).`, EXIT.failure);
  }
  io.stdout.write(
    `${folder}/scenario.yaml and story.md are written; perfcase replay ${folder} --check plays it.\n`,
  );
}

async function check(name: string, io: Io): Promise<void> {
  const { files, kind, load, fault, phases, expect } = await loadScenario(name);
  const path = relative(process.cwd(), files.scenario);
  const unknown = causesOf(expect).find((id) => !RULES.some((rule) => rule.id === id));
  if (unknown !== undefined)
    throw new UserError(`${path}: "expect" names "${unknown}"; perfcase list causes names those there are.`);
  const counts = `${load.length} parts of load, ${fault.length} of fault, ${phases.length - 1} fixes`;
  io.stdout.write(`${path}: a ${kind} with ${counts}; fits the schema\n`);
}

/** A mistyped one under notFound would be fulfilled for ever. */
function causesOf({ found, allowed, notFound }: Expectations): readonly string[] {
  return [...found, ...allowed, ...notFound];
}
