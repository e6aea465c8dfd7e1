/** One `perfcase replay NAME --check`, as a line of the results file. */
export interface CheckResult {
  readonly id: string;
  readonly server: string;
  /** The seed of a play with its fault; "healthy": without it. */
  readonly run: number | 'healthy';
  readonly code: number | null;
  /** The expectations that did not hold, or why it could not be played. */
  readonly said: readonly string[];
}

const FOUND = 3;

/** A play with its fault must hold (0), one without it must not (3). */
export function isAsWanted({ run, code }: CheckResult): boolean {
  return code === (run === 'healthy' ? FOUND : 0);
}

/** A row for each scenario and server, as markdown; then what was not as wanted, in words. */
export function checkTable(results: readonly CheckResult[], runs: number): string {
  const rows = new Map<string, CheckResult[]>();
  for (const result of results) {
    const name = `${result.id} | ${result.server}`;
    rows.set(name, [...(rows.get(name) ?? []), result]);
  }
  const columns = [...Array.from({ length: runs }, (_, index) => index + 1), 'healthy' as const];
  const cell = (row: readonly CheckResult[], run: CheckResult['run']) => {
    const result = row.find((each) => each.run === run);
    if (!result) return '';
    return isAsWanted(result) ? String(result.code) : `**${result.code}**`;
  };
  const head = [
    'scenario',
    'server',
    ...columns.map((run) => (run === 'healthy' ? 'without fault' : `${run}`)),
  ];
  const lines = [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...[...rows].map(([name, row]) => `| ${name} | ${columns.map((run) => cell(row, run)).join(' | ')} |`),
  ];
  const bad = results.filter((result) => !isAsWanted(result));
  const words = bad.map(({ id, server, run, code, said }) => {
    const which = run === 'healthy' ? 'without fault' : `run ${run}`;
    return `- ${id} on ${server}, ${which}: ${code}; ${said.join('; ') || 'every expectation holds'}`;
  });
  const sum = `${results.length - bad.length} of ${results.length} plays ended as they must`;
  return `${[...lines, '', sum, ...words].join('\n')}\n`;
}
