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
    return Number(((slow * after) / prediction.before).toPrecision(2));
  });
}

interface PlayedReport extends Pick<Replay, 'report'> {
  readonly phases: readonly Pick<PlayedPhase, 'phase' | 'seconds'>[];
}
