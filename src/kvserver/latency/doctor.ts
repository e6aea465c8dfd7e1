import { type Advice, adviceFor } from './advice.ts';
import { shortAge } from './graph.ts';
import type { Spike, SpikeSeries } from './monitor.ts';

/** One event's series in figures. */
export interface EventAnalysis {
  readonly event: string;
  readonly spikes: number;
  readonly averageMs: number;
  /** Mean distance from the average: small when the spikes are alike. */
  readonly meanDeviationMs: number;
  readonly worstMs: number;
  readonly allTimeWorstMs: number;
  readonly lastAt: number;
  readonly secondsSinceLast: number;
  /** Average time between spikes; absent when there was only one. */
  readonly secondsBetween?: number;
  /** Time lost in all spikes of the series. */
  readonly totalMs: number;
  /** The same figures in microseconds, for what was measured that finely. */
  readonly averageUs: number;
  readonly worstUs: number;
  readonly totalUs: number;
  /**
   * What the events are ordered by: the microseconds lost, where a spike counts half for each hour that it lies
   * back, so that what hurts now comes before what hurt yesterday.
   */
  readonly weight: number;
  readonly advice: readonly Advice[];
}

export interface LatencyAnalysis {
  readonly enabled: boolean;
  readonly thresholdMs: number;
  /** The heaviest first. */
  readonly events: readonly EventAnalysis[];
  /** Never empty. */
  readonly advice: readonly Advice[];
}

/** Computes what LATENCY DOCTOR says. Pure. @param nowSeconds epoch seconds */
export function analyseLatency(
  events: ReadonlyMap<string, SpikeSeries>,
  thresholdMs: number,
  nowSeconds: number,
): LatencyAnalysis {
  const analysed = [...events].map(([event, series]) => analyseEvent(event, series, nowSeconds));
  analysed.sort((a, b) => b.weight - a.weight);
  const advice = [...new Set(analysed.flatMap((one) => one.advice))];
  if (advice.length === 0) advice.push(thresholdMs === 0 ? SWITCH_ON : ALL_WELL);
  return { enabled: thresholdMs > 0, thresholdMs, events: analysed, advice };
}

const SWITCH_ON: Advice = {
  text: 'Nothing is watched. CONFIG SET latency-monitor-threshold 100 notes everything that takes 100 ms or longer.',
  directive: 'latency-monitor-threshold',
};
const ALL_WELL: Advice = {
  text: 'No spike has been seen. When clients wait all the same, lower the threshold, or look outside of the server.',
  directive: 'latency-monitor-threshold',
};

const HALF_LIFE_SECONDS = 3600;

function microseconds(spike: Spike): number {
  return spike.us ?? spike.ms * 1000;
}

function analyseEvent(event: string, series: SpikeSeries, nowSeconds: number): EventAnalysis {
  const { spikes } = series;
  const first = spikes[0]!;
  const last = spikes.at(-1)!;
  const totalMs = spikes.reduce((sum, spike) => sum + spike.ms, 0);
  const totalUs = spikes.reduce((sum, spike) => sum + microseconds(spike), 0);
  const weight = spikes.reduce((sum, spike) => {
    const age = Math.max(0, nowSeconds - spike.at);
    return sum + microseconds(spike) * 0.5 ** (age / HALF_LIFE_SECONDS);
  }, 0);
  const averageMs = totalMs / spikes.length;
  const distances = spikes.reduce((sum, spike) => sum + Math.abs(spike.ms - averageMs), 0);
  return {
    event,
    spikes: spikes.length,
    averageMs,
    meanDeviationMs: distances / spikes.length,
    worstMs: Math.max(...spikes.map((spike) => spike.ms)),
    allTimeWorstMs: series.maxMs,
    lastAt: last.at,
    secondsSinceLast: Math.max(0, nowSeconds - last.at),
    ...(spikes.length > 1 && { secondsBetween: (last.at - first.at) / (spikes.length - 1) }),
    totalMs,
    averageUs: Math.round(totalUs / spikes.length),
    worstUs: Math.max(...spikes.map(microseconds)),
    totalUs,
    weight: Math.round(weight),
    advice: adviceFor(event),
  };
}

/** The analysis as prose. */
export function describeAnalysis(analysis: LatencyAnalysis): string {
  const lines: string[] = [];
  if (analysis.events.length === 0) {
    lines.push(
      analysis.enabled
        ? `No event took ${analysis.thresholdMs} ms or longer.`
        : 'The latency monitor is off.',
    );
  } else {
    const kinds = analysis.events.length === 1 ? 'one kind' : `${analysis.events.length} kinds`;
    lines.push(`Latency spikes of ${kinds} were seen, the heaviest first.`, '');
    analysis.events.forEach((one, index) => {
      lines.push(`${index + 1}. ${one.event}: ${describeEvent(one)}`);
    });
    if (!analysis.enabled) lines.push('', 'The monitor has been switched off meanwhile.');
  }
  lines.push('', 'What to do:', '');
  for (const { text, directive } of analysis.advice) {
    lines.push(`- ${text}${directive ? ` (directive: ${directive})` : ''}`);
  }
  return `${lines.join('\n')}\n`;
}

function describeEvent(one: EventAnalysis): string {
  const many = one.spikes === 1 ? '1 spike' : `${one.spikes} spikes`;
  const rhythm = one.secondsBetween === undefined ? '' : `, one in ${one.secondsBetween.toFixed(1)} s`;
  return (
    `${many} (average ${one.averageMs.toFixed(0)} ms, mean deviation ${one.meanDeviationMs.toFixed(0)} ms${rhythm}), ` +
    `worst ${one.worstMs} ms, worst of all time ${one.allTimeWorstMs} ms, last one ${shortAge(one.secondsSinceLast)} ago.`
  );
}
