import type { Prediction } from '../core/finding.ts';
import type { PlayedPhase, Replay } from './player.ts';

/** What the diagnosis said a fix would bring to a turn of the clients, and what it brought. */
export interface Predicted {
  readonly phase: string;
  /** What is compared, in seconds: an HTTP request, or a whole turn of a client that sends commands. */
  readonly metric: 'request seconds' | 'turn seconds';
  readonly predicted: number;
  readonly measured: number;
}

/** Predictions beside measurements, for each phase that mends something the diagnosis has predicted. */
export function predictions(replay: Replay): Predicted[] {
  const predicted = predictedSeconds(replay);
  return replay.phases.flatMap(({ phase, asked, seconds }, index) => {
    const metric = asked.startsWith('GET /') ? 'request seconds' : 'turn seconds';
    const seen = { phase: phase.id, metric, measured: seconds } as const;
    return predicted[index] === undefined ? [] : [{ ...seen, predicted: predicted[index] }];
  });
}

/**
 * What the diagnosis of the slow phase said each fix would bring, in turn, for a turn as it was timed: clients see
 * turns, and the diagnosis says which part of their time stays. Undefined where the report predicts another mixture of
 * fixes than those that were made.
 */
export function predictedSeconds({ phases, report }: PlayedReport): (number | undefined)[] {
  const slow = phases[0]?.seconds;
  const foretold = report.findings.flatMap(({ id, prediction }) => (prediction ? [{ id, prediction }] : []));
  const mended = new Set<string>();
  return phases.map(({ phase }) => {
    for (const id of phase.mends) mended.add(id);
    const last = foretold.findLast(({ id }) => mended.has(id));
    if (!last || slow === undefined || !foretold.some(({ id }) => phase.mends.includes(id))) return undefined;
    const { prediction } = last;
    const isInTurn = foretold.slice(0, foretold.indexOf(last)).every(({ id }) => mended.has(id));
    const isAlone = foretold.filter(({ id }) => mended.has(id)).length === 1;
    if (!isInTurn && !isAlone) return undefined;
    const { after } = isInTurn ? (prediction.inTurn ?? prediction) : prediction;
    return Number((turnOf(phases[0]!, prediction) * after).toPrecision(2));
  });
}

/** Sums of commands that differ more from the turns that were timed are of another client. */
const SAME_WITHIN = 2;

/**
 * Seconds of a turn for one unit of what was predicted. Where that is a command and those of a turn sum up to about what
 * it took, it is so many commands: what disturbed the watched turns more than the timed ones is no gain of a fix. One
 * command may be of any client.
 */
function turnOf(
  { seconds, commandsPerTurn }: PlayedReport['phases'][number],
  { metric, before }: Prediction,
): number {
  const ofCommands = commandsPerTurn / 1000;
  const differs = (ofCommands * before) / seconds;
  const isSame =
    metric === 'command milliseconds' &&
    commandsPerTurn > 1 &&
    differs <= SAME_WITHIN &&
    differs >= 1 / SAME_WITHIN;
  return isSame ? ofCommands : seconds / before;
}

interface PlayedReport extends Pick<Replay, 'report'> {
  readonly phases: readonly Pick<PlayedPhase, 'phase' | 'seconds' | 'commandsPerTurn'>[];
}
