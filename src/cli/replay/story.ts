import { Chalk } from 'chalk';
import type { Report } from '../../core/finding.ts';
import { formatMs, significant } from '../../core/units.ts';
import type { PlayedPhase, Replay, ReplayListener } from '../../replay/player.ts';
import { predictedSeconds } from '../../replay/predicted.ts';
import type { StageFacts } from '../../replay/stage.ts';
import { renderTerminal, wrap } from '../../report/terminal.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { changesOf, stageRows } from './words.ts';

const WIDTH = 80;
/** Columns of what a row of the timings names. */
const LABEL = 31;

/** Tells a replay as a class would follow it: what is looked at, why, and what came out. */
export class Story implements ReplayListener {
  private readonly chalk;
  private step = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly colour: boolean,
    private readonly write: (text: string) => void,
  ) {
    this.chalk = new Chalk({ level: colour ? 1 : 0 });
    this.write(`${this.chalk.bold(`perfcase replay ${scenario.id}`)}\n${lines(scenario.title, '')}\n`);
  }

  staged(stage: StageFacts): void {
    this.heading('The stage');
    for (const [name, text] of stageRows(stage, this.scenario)) this.row(name, text);
  }

  filled(seconds: number): void {
    const { keys } = this.scenario.parameters;
    if (this.scenario.prepare.length > 0)
      this.row('keys', `${keys === undefined ? '' : `${keys}, `}filled in ${significant(seconds)} s`);
  }

  measured({ phase, asked, seconds, samples }: PlayedPhase, before: PlayedPhase | undefined): void {
    this.heading(phase.title);
    if (phase.why !== '') this.write(`${lines(phase.why, '   ')}\n`);
    for (const change of changesOf(phase)) this.write(`   ${this.chalk.cyan(change)}\n`);
    const ratio = before && before.seconds / seconds;
    const gain =
      ratio === undefined ? '' : `, ${significant(Number(ratio.toPrecision(2)))} times as fast as before`;
    const spread = samples.length > 1 ? ` (median of ${samples.length})` : '';
    const took = wrap(`${asked} takes ${formatMs(seconds * 1000)}${spread}${gain}`, WIDTH, '   ');
    for (const line of took) this.write(`   ${this.chalk.bold(line.trimStart())}\n`);
  }

  diagnosed(report: Report): void {
    this.heading('The diagnosis of the live server');
    this.write(
      `${lines('Resources first, then who writes, with which calls, to which file, for whom: the way one would go by hand.', '   ')}\n\n`,
    );
    this.write(renderTerminal(report, { colour: this.colour }));
  }

  /** The timings side by side with those of the case. */
  finish(replay: Replay): void {
    if (replay.phases.length === 0) return;
    this.heading('The timings');
    const predicted = predictedSeconds(replay);
    const isCase = replay.phases.some(({ phase }) => phase.caseSeconds !== undefined);
    const rows = replay.phases.map(({ phase, asked, seconds }, index) => [
      index > 0 ? phase.title : isCase ? 'slow query' : asked,
      isCase ? `${significant(seconds)} s` : formatMs(seconds * 1000),
      predicted[index] === undefined
        ? ''
        : isCase
          ? `${significant(predicted[index])} s`
          : formatMs(predicted[index] * 1000),
      phase.caseSeconds === undefined ? '' : `${significant(phase.caseSeconds)} s`,
    ]);
    const { keys } = replay.scenario.parameters;
    const here = keys === undefined ? 'here' : `here, ${keys} keys`;
    const head = ['', here, 'predicted', isCase ? 'the case, 5000' : ''];
    for (const [first, measured, before, original] of [head, ...rows]) {
      const figures = `${measured!.padStart(17)}${before!.padStart(12)}${original!.padStart(17)}`;
      // A name that is too long for its column goes on above; the figures stand beside its last line.
      const name = wrap(first!, LABEL, '').map((line) => `   ${line.padEnd(LABEL)}`);
      this.write(
        `${name.map((line, at) => (at < name.length - 1 ? line : line + figures).trimEnd()).join('\n')}\n`,
      );
    }
    if (replay.notFound.length > 0) {
      this.write(
        `\n${lines(`The diagnosis did not name ${replay.notFound.join(' and ')}; see "Ruled out" and "Not checked" above.`, '')}\n`,
      );
    }
  }

  private heading(text: string): void {
    this.step++;
    this.write(`\n${this.chalk.bold.underline(`${this.step}. ${text}`)}\n`);
  }

  private row(name: string, text: string): void {
    const [first, ...rest] = wrap(text, WIDTH - 11, '');
    this.write(`   ${name.padEnd(8)}${first}\n${rest.map((line) => `           ${line}\n`).join('')}`);
  }
}

function lines(text: string, indent: string): string {
  return wrap(text, WIDTH, indent).join('\n');
}
