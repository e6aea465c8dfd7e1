import type { Evidence, Finding, Report, Severity } from '../core/finding.ts';
import { jsonText } from './json-text.ts';
import type { RenderOptions } from './options.ts';
import { printable } from './printable.ts';
import { factsOf } from './view.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  warning: 'warning',
  info: 'note',
};

/**
 * SARIF 2.1.0: a rule for each cause, a result for each finding, its evidence as logical locations: lines of a tool.
 * What was ruled out is no result, since viewers list every result as a problem; it stands in the properties of the run.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function renderSarif(report: Report, { questions = new Map() }: RenderOptions): string {
  const { findings, ruledOut, notChecked, blindSpots = [], target, window, tracer } = report;
  const ids = [
    ...new Set([...questions.keys(), ...[...findings, ...ruledOut, ...notChecked].map(({ id }) => id)]),
  ];
  const sarif = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'perfcase',
            version: report.perfcase,
            semanticVersion: report.perfcase,
            rules: ids.map((id) =>
              ruleOf(
                id,
                questions.get(id),
                findings.find((finding) => finding.id === id),
              ),
            ),
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: report.verdict !== 'inconclusive',
            ...(window.startedAt === undefined ? {} : { startTimeUtc: window.startedAt }),
            ...(window.endedAt === undefined ? {} : { endTimeUtc: window.endedAt }),
            toolExecutionNotifications: [
              ...notChecked.map(({ id, because }) => ({
                level: 'note',
                message: { text: `${id} was not checked: ${printable(because)}` },
                associatedRule: { id, index: ids.indexOf(id) },
              })),
              ...blindSpots.map((text) => ({ level: 'warning', message: { text: printable(text) } })),
            ],
          },
        ],
        results: findings.map((finding) => resultOf(finding, ids.indexOf(finding.id), target.comm)),
        properties: {
          ...{ summary: report.summary, verdict: report.verdict, target, window, ruledOut },
          ...(tracer ? { tracer } : {}),
        },
      },
    ],
  };
  return jsonText(sarif);
}

function ruleOf(id: string, question: string | undefined, finding: Finding | undefined) {
  const about = question ?? finding?.title ?? id;
  const advice = finding?.fix ? ` ${finding.fix.summary}. Cost: ${finding.fix.cost}.` : '';
  return {
    id,
    shortDescription: { text: about },
    help: { text: finding ? `${finding.title}. ${finding.why}${advice}` : about },
    properties: { tags: ['performance'] },
  };
}

function resultOf(finding: Finding, ruleIndex: number, comm: string | undefined) {
  const { id, severity, title, why, evidence, confidence, share, measures, fix, prediction } = finding;
  const [first, ...more] = evidence;
  const facts = factsOf(finding).map(([name, text]) => `${name}: ${text}`);
  return {
    ruleId: id,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: printable([`${title}. ${why}`, ...facts].join('\n')) },
    locations: first ? [locationOf(first, comm)] : [],
    relatedLocations: more.map((each, index) => ({
      id: index + 1,
      ...locationOf(each, comm),
    })),
    // The same cause in the next run is the same alert, though its lines are others.
    partialFingerprints: { 'cause/v1': comm === undefined ? id : `${id} in ${printable(comm)}` },
    properties: {
      confidence,
      ...(share === undefined ? {} : { share }),
      measures,
      ...(fix ? { fix } : {}),
      ...(prediction ? { prediction } : {}),
    },
  };
}

/** A line that a tool printed, of which no file needs to be there: a logical location, beside the process it is about. */
function locationOf({ source, line, text }: Evidence, comm: string | undefined) {
  const name = printable(source);
  return {
    logicalLocations: [
      { name, fullyQualifiedName: line === undefined ? name : `${name}:${line}`, kind: 'tool-output' },
      ...(comm === undefined ? [] : [{ name: printable(comm), kind: 'process' }]),
    ],
    message: { text: printable(text) || name },
  };
}
