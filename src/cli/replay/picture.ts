import { significant } from '../../core/units.ts';
import type { Replay } from '../../replay/player.ts';
import { predictedSeconds } from '../../replay/predicted.ts';
import type { ReplayPicture } from '../../report/html/replay.ts';
import { changesOf, stageRows } from './words.ts';

/** A replay as its page tells it. */
export function pictureOf(replay: Replay): ReplayPicture {
  const { scenario, stage, phases, fillSeconds, notFound, report } = replay;
  const { keys } = scenario.parameters;
  const predicted = predictedSeconds(replay);
  return {
    ...{ id: scenario.id, title: scenario.title, notFound, report },
    stage: [
      ...stageRows(stage, scenario),
      ...(keys === undefined
        ? []
        : ([['keys', `${keys}, filled in ${significant(fillSeconds)} s`]] as [string, string][])),
    ],
    phases: phases.map(({ phase, asked, seconds, samples }, index) => ({
      ...{ title: phase.title, why: phase.why, asked, changes: changesOf(phase), seconds },
      samples: samples.length,
      ...(predicted[index] === undefined ? {} : { predictedSeconds: predicted[index] }),
      ...(phase.caseSeconds === undefined ? {} : { caseSeconds: phase.caseSeconds }),
    })),
  };
}
