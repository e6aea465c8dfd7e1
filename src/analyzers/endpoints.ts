import type { Endpoint } from '../core/finding.ts';
import { quantile } from '../core/units.ts';
import type { HttpRequest } from './derive/http.ts';
import type { Trace } from './derive/trace.ts';

/**
 * What each HTTP endpoint of a traced client cost. A request counts as seen when both its first byte and its answer
 * were; of one that was still open, only how long it had lasted is known. `commands` are those of one request.
 */
export function endpointsOf(trace: Trace | undefined): Endpoint[] {
  if (!trace) return [];
  const byName = new Map<string, HttpRequest[]>();
  for (const request of trace.http) {
    const name = `${request.method} ${request.path}`;
    byName.set(name, [...(byName.get(name) ?? []), request]);
  }
  return [...byName].map(([name, requests]) => {
    const answered = requests.filter((request) => request.answered);
    const seconds = answered.flatMap(({ startUs, endUs }) =>
      startUs === undefined || endUs === undefined ? [] : [(endUs - startUs) / 1e6],
    );
    const open = requests.flatMap(({ answered: done, startUs, openUntilUs = trace.endUs }) =>
      done || startUs === undefined || openUntilUs === undefined ? [] : [(openUntilUs - startUs) / 1e6],
    );
    const p50 = quantile(seconds, 0.5);
    return {
      name,
      requests: answered.length,
      seconds: {
        ...(p50 === undefined ? {} : { p50: milli(p50), max: milli(quantile(seconds, 1)!) }),
        ...(open.length > 0 && p50 === undefined ? { atLeast: milli(quantile(open, 1)!) } : {}),
      },
      commands: commandsOf(answered.length > 0 ? answered : requests),
    };
  });
}

/** How often a request sent each command: the median over the requests. */
function commandsOf(requests: readonly HttpRequest[]): Record<string, number> {
  const counts = requests.map(({ commands }) => {
    const byName = new Map<string, number>();
    for (const { name } of commands) byName.set(name, (byName.get(name) ?? 0) + 1);
    return byName;
  });
  const names = new Set(counts.flatMap((byName) => [...byName.keys()]));
  return Object.fromEntries(
    [...names].map((name): [string, number] => [
      name,
      quantile(
        counts.map((byName) => byName.get(name) ?? 0),
        0.5,
      )!,
    ]),
  );
}

const milli = (seconds: number): number => Math.round(seconds * 1000) / 1000;
