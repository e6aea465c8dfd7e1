import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../src/analyzers/rules/index.ts';
import { VERSION } from '../src/core/version.ts';
import { PROBES } from '../src/probes/index.ts';
import { fixtures } from './probes/fixtures.ts';

interface Source {
  readonly path: string;
  /** The folder below src/. */
  readonly room: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly string[];
}

const IMPORT = /(?:\bfrom |\bimport\(\s*|^import )'([^']+)'/gm;
const SOURCES: readonly Source[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const path = join('src', name);
    const code = readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    return {
      path,
      room: name.split('/')[0]!,
      code,
      imports: [...code.matchAll(IMPORT)].map((match) => match[1]!),
    };
  });
const inRoom = (...rooms: readonly string[]) => SOURCES.filter(({ room }) => rooms.includes(room));

/** Each room, and the rooms whose files it may import. Everybody may import core. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  probes: [],
  tracers: ['probes', 'runners'],
  runners: [],
  analyzers: [],
  report: [],
  scenario: [],
  kvserver: [],
  slowapp: [],
  lab: ['runners'],
  capture: ['analyzers', 'probes', 'runners', 'tracers'],
  recording: ['analyzers', 'capture', 'probes', 'report'],
  learn: ['lab', 'replay', 'report', 'runners', 'scenario'],
  verify: ['analyzers', 'capture', 'lab', 'probes', 'runners', 'tracers'],
  replay: ['analyzers', 'capture', 'lab', 'probes', 'report', 'runners', 'scenario', 'tracers'],
};

describe('who imports whom', () => {
  it('every room has its rule, apart from cli, which may import all', () => {
    const rooms = [...new Set(SOURCES.map(({ room }) => room))].filter((room) => room !== 'cli');
    expect(rooms.filter((room) => !Object.hasOwn(MAY_IMPORT, room))).toEqual([]);
  });

  it.each(Object.entries(MAY_IMPORT))('%s imports core and %j only', (room, allowed) => {
    const wrong = inRoom(room).flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.startsWith('.'))
        .map((name) => normalize(join(dirname(path), name)))
        .filter((target) => ![room, 'core', ...allowed].includes(target.split('/')[1]!))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('of core, the server and the application take plain values: the version', () => {
    const taken = inRoom('kvserver', 'slowapp').flatMap(({ imports }) =>
      imports.filter((name) => name.includes('/core/')).map((name) => name.split('/').at(-1)!),
    );
    expect([...new Set(taken)]).toEqual(['version.ts']);
  });

  it('every import of a file exists', () => {
    // AssemblyScript leaves the ending out.
    const missing = SOURCES.flatMap(({ path, imports }) =>
      imports
        .filter((name) => name.startsWith('.'))
        .map((name) => join(dirname(path), path.endsWith('.as.ts') ? `${name}.ts` : name))
        .filter((file) => !existsSync(file)),
    );
    expect(missing).toEqual([]);
  });
});

describe('packages', () => {
  const users = (name: string) =>
    SOURCES.filter(({ imports }) => imports.includes(name)).map(({ path }) => path);

  it('execa is imported by runners only', () => {
    expect(users('execa').filter((path) => !path.startsWith('src/runners/'))).toEqual([]);
    expect(users('execa')).not.toEqual([]);
  });

  it('colours and tables are the business of reports and of the CLI', () => {
    const wrong = [...users('chalk'), ...users('cli-table3')].filter(
      (path) => !/^src\/(?:report|cli)\//.test(path),
    );
    expect(wrong).toEqual([]);
  });

  it('commander belongs to the CLI', () => {
    expect(users('commander').filter((path) => !path.startsWith('src/cli/'))).toEqual([]);
  });

  it('every package that is imported is a dependency', () => {
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
    const known = new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)]);
    const used = SOURCES.flatMap(({ imports }) => imports).filter(
      (name) => !/^(?:\.|node:)/.test(name) && !builtinModules.includes(name),
    );
    expect([...new Set(used)].filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('the outside', () => {
  const IO = /^(?:node:)?(?:fs|fs\/promises|child_process|net|http|https|tls|dgram|worker_threads|readline)$/;

  it.each(['core', 'analyzers', 'report'])('%s does no input and output', (room) => {
    const wrong = inRoom(room).flatMap(({ path, imports }) =>
      imports.filter((name) => IO.test(name)).map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('of the probes, only readers of /proc and the reader of a server touch the outside; parsers do not', () => {
    const wrong = inRoom('probes').filter(({ imports }) => imports.some((name) => IO.test(name)));
    expect(wrong.map(({ path }) => path).sort()).toEqual([
      'src/probes/proc/read.ts',
      'src/probes/redis/capture.ts',
    ]);
  });

  it('rules and renderers are synchronous', () => {
    const wrong = inRoom('core', 'analyzers', 'report').filter(({ code }) =>
      /\basync\b|\bawait\b|\bPromise\b|\bsetTimeout\b/.test(code),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it.each([...PROBES])('the parser of %s is synchronous', (_, probe) => {
    expect(probe.parse('')).toEqual({ items: [], problems: [] });
  });

  it('nobody ends the process or writes to the console', () => {
    const wrong = SOURCES.filter(({ code }) =>
      /\bprocess\.exit\b|\bconsole\.|\bprocess\.exitCode\b/.test(code),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('standard output and error are reached through the CLI', () => {
    const wrong = SOURCES.filter(
      ({ room, code }) => room !== 'cli' && /\bprocess\.(?:stdout|stderr)\b/.test(code),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('the wall clock is read where something is captured, run or served', () => {
    const wrong = SOURCES.filter(({ code }) => /\bDate\.now\(|\bnew Date\(\)/.test(code)).map(
      ({ room }) => room,
    );
    expect(
      [...new Set(wrong)].sort().filter((room) => !['capture', 'cli', 'runners', 'tracers'].includes(room)),
    ).toEqual([]);
  });

  it('what is judged and printed knows no clock and no chance', () => {
    const wrong = inRoom('core', 'probes', 'analyzers', 'report', 'scenario').filter(({ code }) =>
      /\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bMath\.random\(/.test(code),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('completeness', () => {
  /** Finding ids that other people's scripts rely on, and our own. */
  const CONTRACT =
    `fsync-per-write write-in-read-path n-plus-one-reads scan-small-count slow-command keys-command
    big-key-read big-key-delete fork-stall aof-rewrite-contention fsync-backlog snapshot-io noisy-disk-neighbour
    disk-saturated iops-cap cpu-saturated single-thread-saturated cpu-throttled cpu-steal run-queue-wait memory-pressure
    swapping transparent-huge-pages expire-storm eviction client-stall connection-churn output-buffer-backlog
    monitor-attached huge-pipeline delayed-ack retransmits backlog-overflow blocking-script tracer-attached
    small-sync-writes table-scan`.split(/\s+/);
  const ids = RULES.map(({ id }) => id);

  it('every rule has an id of the contract, and no two the same', () => {
    expect(ids.filter((id) => !CONTRACT.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(ids)('%s has its file, its test and a question', (id) => {
    expect(existsSync(`src/analyzers/rules/${id}.ts`)).toBe(true);
    expect(existsSync(`test/analyzers/rules/${id}.test.ts`)).toBe(true);
    expect(RULES.find((rule) => rule.id === id)!.question).toMatch(/\?$/);
  });

  it('every file among the rules is registered', () => {
    const files = readdirSync('src/analyzers/rules').map((name) => name.replace(/\.ts$/, ''));
    expect(files.filter((name) => name !== 'index' && !ids.includes(name))).toEqual([]);
  });

  it.each([...PROBES.keys()])('the probe %s has fixtures', (name) => {
    expect(fixtures().filter(({ probe }) => probe.name === name).length).toBeGreaterThan(0);
  });

  it('the version is that of package.json', () => {
    expect(VERSION).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });
});

describe('files', () => {
  it('have no "any", no unfinished work and no lint that is turned off', () => {
    const wrong = SOURCES.filter(({ path }) =>
      /(?::|\bas|<)\s*any\b|\bTODO\b|\bFIXME\b|@ts-ignore|@ts-expect-error|biome-ignore/.test(
        readFileSync(path, 'utf8'),
      ),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
