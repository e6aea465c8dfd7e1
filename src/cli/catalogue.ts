import type { CatalogueEntry } from './command.ts';

/** Every command of the CLI. A command's code is loaded when it is called, so that `--help` stays quick. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  // A new command: one line here, one file in commands/.
  {
    name: 'diagnose',
    summary: 'watch a live process, and say what makes it slow',
    load: () => import('./commands/diagnose.ts'),
  },
  {
    name: 'replay',
    summary: 'play a scenario live: server, load, diagnosis, each fix measured',
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'learn',
    summary: 'a case as a guided workshop that grades the reasoning',
    load: () => import('./commands/learn.ts'),
  },
  {
    name: 'verify',
    summary: 'try a fix on the live server for a while, measure what it brings, and put it back',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'record',
    summary: 'only capture: everything in one file, which can be kept, sent and analyzed elsewhere',
    load: () => import('./commands/record.ts'),
  },
  {
    name: 'analyze',
    summary: 'diagnose from a recording, or from saved output of strace, lsof, pidstat, iostat and top',
    load: () => import('./commands/analyze.ts'),
  },
  {
    name: 'latency',
    summary: "a server's own latency monitor: latest, history, graph, doctor",
    load: () => import('./commands/latency.ts'),
  },
  {
    name: 'probe',
    summary: 'one tool, parsed: run it here, or read output saved elsewhere',
    load: () => import('./commands/probe.ts'),
  },
  {
    name: 'list',
    summary: 'the catalogues: causes, scenarios, probes',
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'kv',
    summary: 'the bundled server; any directive of redis.conf is also a flag',
    load: () => import('./commands/kv.ts'),
  },
  { name: 'app', summary: 'the slow cache application', load: () => import('./commands/app.ts') },
  {
    name: 'load',
    summary: 'the client loop: asks again and again, prints latency',
    load: () => import('./commands/load.ts'),
  },
  {
    name: 'send',
    summary: 'one command for the server of a stage',
    hidden: true,
    load: () => import('./commands/send.ts'),
  },
  { name: 'disk', summary: 'a real slow disk for a lab', load: () => import('./commands/disk.ts') },
  {
    name: 'scenario',
    summary: 'write a scenario of your own, and check it',
    load: () => import('./commands/scenario.ts'),
  },
  {
    name: 'lab-part',
    summary: 'one part of a scenario, started by replay',
    hidden: true,
    load: () => import('./commands/lab-part.ts'),
  },
  {
    name: 'check',
    summary: 'what this machine offers, what is missing, and the command that installs it',
    load: () => import('./commands/check.ts'),
  },
];
