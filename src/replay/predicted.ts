import type { Replay } from './player.ts';

/** What the diagnosis said a fix would bring, and what came. */
export interface Predicted {
  readonly phase: string;
  /** "request seconds" or "command milliseconds", as in the report. */
  readonly metric: string;
  readonly predicted: number;
  readonly measured: number;
}

/**
 * Predictions beside measurements, for each phase that mends something the diagnosis has predicted. A command after a
 * fix is counted as what one command of today becomes: a fix may join a hundred of them into one.
 */
export function predictions({ phases, report }: Replay): Predicted[] {
  const [symptom, ...fixes] = phases;
  return fixes.flatMap((played, index) => {
    const mended = report.findings.filter(({ id }) => played.phase.mends.includes(id));
    // The last of them in the report knows what those before it bring.
    const prediction = mended.findLast((finding) => finding.prediction)?.prediction;
    if (!prediction) return [];
    const isAlone = index === 0 && mended.length === 1;
    const { after } = isAlone ? prediction : (prediction.inTurn ?? prediction);
    const measured =
      prediction.metric === 'request seconds'
        ? played.seconds
        : (played.meanSeconds * 1000) / Math.max(1, symptom!.commandsPerTurn);
    return [{ phase: played.phase.id, metric: prediction.metric, predicted: after, measured }];
  });
}

/** What the diagnosis of the slow phase said each fix would bring, in turn, for the query as it was timed. */
export function predictedSeconds({ phases, report }: Replay): (number | undefined)[] {
  const slow = phases[0]?.seconds;
  return phases.map(({ phase }) => {
    // The last of them in the report knows what those before it bring.
    const prediction = report.findings.findLast(({ id }) => phase.mends.includes(id))?.prediction;
    if (!prediction || slow === undefined) return undefined;
    return Number(((slow * (prediction.inTurn ?? prediction).after) / prediction.before).toPrecision(2));
  });
}
