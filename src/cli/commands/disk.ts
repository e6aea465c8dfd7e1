import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { EXIT, UserError } from '../../core/errors.ts';
import { formatMs, parseDuration } from '../../core/units.ts';
import { type Destroyed, destroyDisk, isInOthersHands, isStale } from '../../lab/disk-destroy.ts';
import { type DiskFolder, listDisks, pathsOf } from '../../lab/disk-manifest.ts';
import { DISK_PROFILE_NAMES, DISK_PROFILES, type DiskProfileName } from '../../lab/disk-profiles.ts';
import { destroyLeftovers, destroyOwnedBy } from '../../lab/leftovers.ts';
import { parseOwner } from '../../lab/owner.ts';
import { holdersOf } from '../../lab/processes.ts';
import { serveImage } from '../../lab/serve-image.ts';
import { createSlowDisk, type SlowDisk } from '../../lab/slow-disk.ts';
import { stateDir } from '../../lab/state.ts';
import type { Io } from '../command.ts';

const MAX_FSYNC_MS = 3000;
const MIB: Record<string, number> = { M: 1, G: 1024 };
const LEAST_MIB = 16;
const MOST_MIB = 64 * 1024;

interface CreateOptions {
  fsync?: number;
  profile: DiskProfileName;
  size: number;
  name: string;
  format: 'text' | 'json';
}

interface DestroyOptions {
  all?: boolean;
  force?: boolean;
  ownedBy?: string;
}

/** `perfcase disk`: a disk as slow as the one of the case, made, shown, removed. */
export function configure(command: Command, io: Io): void {
  const format = () =>
    new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text');
  command
    .command('create')
    .description('make a mounted disk whose fdatasync takes about as long as wished, and measure it')
    .addOption(new Option('--profile <kind>', profileHelp()).choices(DISK_PROFILE_NAMES).default('hdd'))
    .option('--fsync <time>', 'how long fdatasync of an appended record shall take instead', readFsync)
    .option('--size <size>', 'its size, for example 512M or 2G', readSize, 512)
    .option('--name <name>', 'its name', 'lab')
    .addOption(format())
    .action((options: CreateOptions) => create(options, io));
  command
    .command('destroy')
    .description('remove a disk, and everything that ended runs of perfcase have left behind')
    .argument('[name]', 'which; may be left out when there is only one')
    .option('--all', 'all of them')
    .option('--force', 'also one that is in use')
    .addOption(new Option('--owned-by <process>', 'when that process has ended: what it made').hideHelp())
    .action((name: string | undefined, options: DestroyOptions) => destroy(name, options, io));
  command
    .command('serve', { hidden: true })
    .description('what a disk of ours stands on: serves an image by NBD on standard input and output')
    .argument('<image>')
    .argument('<delay-file>')
    .action(async (image: string, delayFile: string) => {
      // For top and pidstat. The title would be seen too, but it takes the place of the arguments.
      writeFileSync('/proc/self/comm', 'perfcase-disk');
      io.signal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
      await serveImage(image, delayFile, process.stdin, io.stdout);
    });
  command
    .command('list')
    .description('the disks that are there')
    .addOption(format())
    .action((options: { format: 'text' | 'json' }) => list(options, io));
}

function profileHelp(): string {
  const rows = DISK_PROFILE_NAMES.map((name) => {
    const { fsyncMs, standsFor } = DISK_PROFILES[name];
    return `${name}: ${standsFor}, ${formatMs(fsyncMs)} a sync`;
  });
  return rows.join('; ');
}

async function create({ profile, size, name, format, ...options }: CreateOptions, io: Io): Promise<void> {
  const fsync = options.fsync ?? DISK_PROFILES[profile].fsyncMs;
  const disk = await createSlowDisk({
    fsyncMs: fsync,
    sizeMiB: size,
    name,
    keep: true,
    signal: io.signal,
    progress: (line) => io.stderr.write(`perfcase: ${line}\n`),
    stateDir: stateDir(io.env),
  });
  io.stdout.write(
    format === 'json' ? `${JSON.stringify(describe(disk), null, 2)}\n` : createdText(disk, fsync),
  );
}

function describe({ name, mountPoint, device, loopDevice, delayMs, fsync }: SlowDisk) {
  return { name, mountPoint, device, loopDevice, delayMs, fsync };
}

function createdText({ name, mountPoint, device, fsync }: SlowDisk, wishMs: number): string {
  return [
    `disk "${name}": an appended record is on it after ${formatMs(fsync.p50Ms)}`,
    `  fdatasync    p50 ${formatMs(fsync.p50Ms)}, p99 ${formatMs(fsync.p99Ms)} of ${fsync.samples} (wished ${formatMs(wishMs)})`,
    `  mounted at   ${mountPoint}`,
    `  in iostat    ${device}`,
    `  remove it    perfcase disk destroy ${name}`,
    '',
  ].join('\n');
}

async function destroy(
  name: string | undefined,
  { all, force, ownedBy }: DestroyOptions,
  io: Io,
): Promise<void> {
  const root = stateDir(io.env);
  if (ownedBy !== undefined) {
    const owner = parseOwner(ownedBy);
    if (!owner) throw new UserError('--owned-by takes PID-STARTTICKS.');
    await destroyOwnedBy(root, owner);
    return;
  }
  const results: Destroyed[] = [];
  const stale = await destroyLeftovers(root);
  results.push(...stale.disks);
  const disks = await listDisks(root);
  const busy: string[] = [];
  for (const disk of chosen(disks, name, all === true, stale.disks)) {
    if (isInOthersHands(disk)) {
      const line = `disk "${disk.manifest.name}" belongs to the running perfcase with pid ${disk.manifest.owner.pid}`;
      if (!all) throw new UserError(`${line}; end that one first.`);
      io.stderr.write(`perfcase: ${line}; it is left alone.\n`);
      continue;
    }
    const users = force ? [] : holdersOf(pathsOf(disk.folder).mountPoint);
    if (users.length > 0) busy.push(`disk "${disk.manifest.name}" is used by ${users.join(', ')}`);
    else results.push(await destroyDisk(root, disk));
  }
  for (const { notes } of results) for (const note of notes) io.stderr.write(`perfcase: ${note}.\n`);
  for (const { name: gone, left } of results)
    if (left.length === 0) io.stdout.write(`removed disk "${gone}"\n`);
  for (const gone of stale.namespaces) io.stdout.write(`removed network namespace ${gone}\n`);
  for (const gone of stale.containers) io.stdout.write(`removed the containers of ${gone}\n`);
  for (const gone of stale.orphans) io.stdout.write(`removed ${gone}\n`);
  const count = [results, busy, stale.namespaces, stale.containers, stale.orphans].flat().length;
  if (count === 0) io.stdout.write('nothing to remove\n');
  const left = results.flatMap((result) => result.left);
  if (left.length > 0) throw new UserError(`could not be removed: ${left.join(', ')}.`, EXIT.failure);
  if (busy.length > 0) throw new UserError(`${busy.join('; ')}; end that first, or say --force.`);
}

/** @throws UserError when it is not clear which one is meant */
function chosen(
  disks: readonly DiskFolder[],
  name: string | undefined,
  all: boolean,
  gone: readonly Destroyed[],
): readonly DiskFolder[] {
  const names = disks.map((disk) => disk.manifest.name).join(', ');
  if (name !== undefined) {
    const found = disks.filter((disk) => disk.manifest.name === name);
    if (found.length > 0 || gone.some((disk) => disk.name === name)) return found;
    throw new UserError(`there is no disk "${name}"${names ? `; there is ${names}` : ''}.`);
  }
  if (all || disks.length <= 1) return disks;
  throw new UserError(`there are several disks (${names}); name one, or say --all.`);
}

async function list({ format }: { format: 'text' | 'json' }, io: Io): Promise<void> {
  const rows = (await listDisks(stateDir(io.env))).map((disk) => {
    const { name, sizeMiB, wishMs, ready, bound, owner } = disk.manifest;
    const state = ready ? 'ready' : isStale(disk) ? 'left behind' : 'being made';
    const { mountPoint } = pathsOf(disk.folder);
    return { name, state, mountPoint, sizeMiB, wishMs, ...ready, ...(bound ? { ownerPid: owner.pid } : {}) };
  });
  if (format === 'json') io.stdout.write(`${JSON.stringify({ disks: rows }, null, 2)}\n`);
  else if (rows.length === 0) io.stdout.write('no disks\n');
  else {
    for (const { name, state, mountPoint, loopDevice, fsync } of rows) {
      const sync = fsync ? `fdatasync ${formatMs(fsync.p50Ms)}, ${loopDevice}, ` : '';
      io.stdout.write(`${name}: ${state}, ${sync}${mountPoint}\n`);
    }
  }
}

function readFsync(text: string): number {
  const ms = parseDuration(text);
  if (ms > MAX_FSYNC_MS)
    throw new UserError(`--fsync takes at most ${formatMs(MAX_FSYNC_MS)}, not "${text}".`);
  return ms;
}

/** "512M" or "2G", in MiB. */
function readSize(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([MG])(?:i?B)?$/i.exec(text) ?? [];
  const mib = Number(digits) * (MIB[unit?.toUpperCase() ?? ''] ?? Number.NaN);
  if (!(mib >= LEAST_MIB && mib <= MOST_MIB)) {
    throw new UserError(`--size takes ${LEAST_MIB}M to ${MOST_MIB / 1024}G, not "${text}".`);
  }
  return mib;
}
