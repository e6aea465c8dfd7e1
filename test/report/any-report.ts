import fc from 'fast-check';
import type { Evidence, Finding, Report } from '../../src/core/finding.ts';

const words = fc.oneof(
  fc.lorem({ maxCount: 30, mode: 'words' }),
  fc.string({ maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      '/',
      '-',
      '|',
      '`',
      '*',
      ' ',
      '\t',
      '\n',
      '\x1b',
      '[',
      'ü',
      '\ud800',
      '\uffff',
    ),
    maxLength: 200,
  }),
);
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat());
const evidence = fc.record<Evidence, 'source' | 'text'>(
  { source: fc.constantFrom('strace', 'strace#2', 'lsof -i', 'pid/\ud800:?'), line: fc.nat(), text: words },
  { requiredKeys: ['source', 'text'] },
) as fc.Arbitrary<Evidence>;
const reason = fc.record({
  id: fc.constantFrom('fsync-per-write', 'aof-rewrite-contention'),
  because: words,
});
const finding = fc.record({
  ...{ id: fc.constantFrom('fsync-per-write', 'noisy-disk-neighbour'), title: words, why: words },
  severity: fc.constantFrom('info', 'warning', 'critical'),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  measures: fc.dictionary(
    fc.constantFrom('fsyncPerSec', 'reads', 'part'),
    fc.record({ value: number, unit: fc.constantFrom('1/s', 'count', 'fraction') }),
  ),
  evidence: fc.array(evidence, { maxLength: 3 }),
  fix: fc.record({ summary: words, command: words, cost: words }),
}) as fc.Arbitrary<Finding>;
/** Reports with any text, of any length, in any field that holds captured text. */
export const anyReport = fc.record({
  ...{ schema: fc.constant('perfcase.report/1'), perfcase: fc.constant('0.1.0'), summary: words },
  target: fc.record({
    pid: fc.nat(),
    comm: words,
    container: words,
    server: fc.record({ kind: words, version: words, port: fc.nat() }),
  }),
  window: fc.record({ seconds: fc.double({ min: 0, noNaN: true, max: 1e9 }) }),
  tracer: fc.record({ name: words, events: fc.nat() }),
  verdict: fc.constantFrom('found', 'clear', 'inconclusive'),
  path: fc.array(
    fc.record({
      question: fc.constant('Which file is that?'),
      answer: words,
      evidence: fc.array(evidence, { maxLength: 2 }),
    }),
    { maxLength: 3 },
  ),
  findings: fc.array(finding, { maxLength: 2 }),
  ruledOut: fc.array(reason, { maxLength: 2 }),
  notChecked: fc.array(reason, { maxLength: 2 }),
  clients: fc.constant([]),
  endpoints: fc.array(
    fc.record({
      name: words,
      requests: fc.nat(),
      seconds: fc.record({ p50: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
      commands: fc.dictionary(fc.constantFrom('GET', 'SADD', 'SMEMBERS'), fc.nat()),
    }),
    { maxLength: 2 },
  ),
  blindSpots: fc.array(words, { maxLength: 2 }),
}) as fc.Arbitrary<Report>;
