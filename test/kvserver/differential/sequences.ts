import fc from 'fast-check';
import { option, request, STEP, type Step } from './commands.ts';
import { MORE_STEP } from './more-commands.ts';

/** What one connection sends, and which protocol it speaks. */
export interface Sequence {
  readonly steps: readonly Step[];
  readonly resp: 2 | 3;
}

/** Longer than anything a busy machine puts between two instructions, as a rule; shorter than the sleeps below. */
const LATENCY_THRESHOLD_MS = 50;
const SLEEP_SECONDS = '0.06';

const only = (args: readonly string[], compare?: Step['compare']): Step =>
  compare === undefined ? { args } : { args, compare };

const latencyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(only(['DEBUG', 'SLEEP', SLEEP_SECONDS])) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(['LATEST'], ['HISTORY', 'command'], ['GRAPH', 'command'], ['DOCTOR'])
      .map((words) => only(['LATENCY', ...words], 'latency')),
  },
  {
    weight: 1,
    arbitrary: request('LATENCY', 'RESET', option('command', 'nosuch')).map((args) => only(args)),
  },
  {
    weight: 2,
    arbitrary: request(option('GET', 'LLEN', 'SET'), option('a'), option('1')).map((args) => only(args)),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(option('get', 'LLEN', 'set', 'nosuch', 'debug', 'config'), { minLength: 1, maxLength: 3 })
      .map((names) => only(['LATENCY', 'HISTOGRAM', ...names], 'histogram')),
  },
);
const latency = fc
  .array(latencyStep, { minLength: 1, maxLength: 6 })
  .map((steps) => [
    only(['CONFIG', 'SET', 'latency-monitor-threshold', String(LATENCY_THRESHOLD_MS)]),
    only(['LATENCY', 'RESET'], 'kind'),
    only(['CONFIG', 'RESETSTAT']),
    ...steps,
  ]);

const slowlog = fc
  .tuple(fc.array(STEP, { maxLength: 6 }), option('1', '3', '-1'))
  .map(([steps, count]) => [
    only(['CONFIG', 'SET', 'slowlog-max-len', '5', 'slowlog-log-slower-than', '0']),
    only(['SLOWLOG', 'RESET']),
    ...steps,
    only(['SLOWLOG', 'LEN']),
    only(['SLOWLOG', 'GET', count], 'slowlog'),
  ]);

const mixed = fc.array(fc.oneof({ weight: 3, arbitrary: STEP }, { weight: 1, arbitrary: MORE_STEP }), {
  minLength: 1,
  maxLength: 40,
});

export const SEQUENCE: fc.Arbitrary<Sequence> = fc.record({
  steps: fc.oneof(
    { weight: 16, arbitrary: mixed },
    { weight: 1, arbitrary: latency },
    { weight: 1, arbitrary: slowlog },
  ),
  resp: fc.constantFrom(2 as const, 3 as const),
});
