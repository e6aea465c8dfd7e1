import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diagnose } from '../../src/analyzers/engine.ts';
import { assemble } from '../../src/capture/assemble.ts';
import type { Parsed } from '../../src/core/capture.ts';
import { PROBES } from '../../src/probes/index.ts';
import { parseCgroup } from '../../src/probes/proc/cgroup.ts';
import { CGROUP_FILES, parseCgroupFile } from '../../src/probes/proc/cgroup-values.ts';
import { parseCpuTicks } from '../../src/probes/proc/cpu.ts';
import { parseDiskstats } from '../../src/probes/proc/diskstats.ts';
import { parseDescriptors } from '../../src/probes/proc/fd.ts';
import { parseHugePages } from '../../src/probes/proc/huge-pages.ts';
import { parseProcIo } from '../../src/probes/proc/io.ts';
import { parseMeminfo } from '../../src/probes/proc/meminfo.ts';
import { parseMountinfo } from '../../src/probes/proc/mountinfo.ts';
import { parseNetCounters } from '../../src/probes/proc/net-counters.ts';
import { parseTcp } from '../../src/probes/proc/net-tcp.ts';
import { parseUnixSockets } from '../../src/probes/proc/net-unix.ts';
import { parsePressure } from '../../src/probes/proc/pressure.ts';
import { parseProcStat } from '../../src/probes/proc/stat.ts';
import { parseProcStatus } from '../../src/probes/proc/status.ts';
import { parseUptime } from '../../src/probes/proc/uptime.ts';
import { parseVmstat } from '../../src/probes/proc/vmstat.ts';
import { LargeLogReader } from '../../src/probes/strace-large.ts';
import { DamagedRecording } from '../../src/recording/damage.ts';
import { readRecording } from '../../src/recording/reader.ts';
import { BpftraceReader } from '../../src/tracers/bpftrace/reader.ts';
import { PerfReader } from '../../src/tracers/perf/reader.ts';
import { PerfStream } from '../../src/tracers/perf/stream.ts';
import { emptyStore, logOf, X64 } from '../../test/tracers/log/records.ts';

/** Something that reads what a tool printed. */
export interface Target {
  readonly name: string;
  /** Real outputs. */
  readonly seeds: readonly Buffer[];
  /** @returns what it reports by line, where it does so */
  read(bytes: Buffer): Parsed<unknown> | undefined | Promise<undefined>;
}

const ROOT = join(import.meta.dirname, '../..');

function outputs(folder: string, ending = '.out'): Buffer[] {
  const path = join(ROOT, folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => readFileSync(join(path, name)));
}

const probes = [...PROBES.values()].map(
  (probe): Target => ({
    name: probe.name,
    seeds: outputs(`test/fixtures/${probe.name}`),
    read: (bytes) => probe.parse(bytes.toString('utf8')),
  }),
);

const PROC_FILES: Readonly<Record<string, (text: string) => Parsed<unknown>>> = {
  cgroup: parseCgroup,
  stat: parseCpuTicks,
  diskstats: parseDiskstats,
  'PID/fd': (text) => parseDescriptors(text, 9085),
  'PID/io': parseProcIo,
  meminfo: parseMeminfo,
  mountinfo: parseMountinfo,
  'net/tcp': parseTcp,
  'net/unix': parseUnixSockets,
  pressure: (text) => parsePressure(text, 'io'),
  'PID/stat': (text) => parseProcStat(text),
  'PID/status': parseProcStatus,
  vmstat: parseVmstat,
  uptime: parseUptime,
  'huge pages': parseHugePages,
  'PID/net/netstat': (text) => parseNetCounters(text, 9085),
  ...Object.fromEntries(
    CGROUP_FILES.map((file) => [file, (text: string) => parseCgroupFile(`/sys/fs/cgroup/a/${file}`, text)!]),
  ),
};

/** /proc: one file after the other, so each parser sees its own file and all the others. */
const procFiles = Object.entries(PROC_FILES).map(
  ([name, parse]): Target => ({
    name: `proc: ${name}`,
    seeds: outputs('test/fixtures/proc'),
    read: (bytes) => parse(bytes.toString('utf8')),
  }),
);

const traces = outputs('test/fixtures/strace');

const census: Target = {
  name: 'strace: census',
  seeds: traces,
  read(bytes) {
    const reader = new LargeLogReader();
    for (let at = 0; at < bytes.length; ) {
      const { room } = reader;
      const part = bytes.subarray(at, at + Math.min(room.length, 60_000));
      room.set(part);
      reader.pushed(part.length);
      at += part.length;
    }
    const { items, census: counted } = reader.finish();
    return { items: [...items], problems: [...counted.problems] };
  },
};

const analysis: Target = {
  name: 'strace: verdict',
  seeds: traces,
  read(bytes) {
    const strace = { text: bytes.toString('utf8'), threads: [] };
    const { facts } = assemble(
      { target: {}, outputs: [], strace, missing: {}, clients: [] },
      { redact: true },
    );
    const { notChecked } = diagnose(facts, {});
    const crashed = notChecked.find(({ because }) => because.startsWith('the rule failed'));
    if (crashed) throw new Error(`${crashed.id}: ${crashed.because}`);
    return undefined;
  },
};

const tracers: readonly Target[] = [
  {
    name: 'bpftrace',
    seeds: outputs('test/tracers/fixtures').filter((each) => !each.includes('raw_syscalls')),
    read(bytes) {
      const store = emptyStore();
      const reader = new BpftraceReader(store, X64);
      for (let at = 0; at < bytes.length; at += 5000) reader.feed(bytes.subarray(at, at + 5000));
      logOf(store, reader.finish());
      return undefined;
    },
  },
  {
    name: 'perf script',
    seeds: outputs('test/tracers/fixtures').filter((each) => each.includes('raw_syscalls')),
    read(bytes) {
      const store = emptyStore();
      const reader = new PerfReader(store, X64);
      for (const line of bytes.toString('latin1').split('\n')) reader.line(line);
      logOf(store, reader.open());
      new PerfStream().feed(bytes);
      return undefined;
    },
  },
];

const recording: Target = {
  name: 'recording',
  seeds: outputs('test/fixtures/recording', '.perfcase'),
  async read(bytes) {
    async function* parts() {
      for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
    }
    try {
      await readRecording(parts());
    } catch (error) {
      if (!(error instanceof DamagedRecording)) throw error;
    }
    return undefined;
  },
};

export const TARGETS: readonly Target[] = [...probes, ...procFiles, census, analysis, ...tracers, recording];

/** Outputs of every tool. */
export const EVERY_OUTPUT: readonly Buffer[] = probes.flatMap(({ seeds }) => seeds);
