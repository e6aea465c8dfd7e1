import { xmlText } from './xml.ts';

/** One test case, as CI systems show it. */
export interface JUnitCase {
  /** Groups cases, with dots: "perfcase.diagnose". */
  readonly group: string;
  readonly name: string;
  readonly seconds?: number;
  /** Absent: it passed. `message` is one line, `details` any text. */
  readonly outcome?:
    | {
        readonly kind: 'failure' | 'error';
        readonly type: string;
        readonly message: string;
        readonly details?: string;
      }
    | { readonly kind: 'skipped'; readonly message: string };
  /** Shown with the case whatever became of it. */
  readonly output?: string;
}

export interface JUnitSuite {
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly seconds?: number;
  readonly properties?: Readonly<Record<string, string>>;
  readonly cases: readonly JUnitCase[];
}

/**
 * Suites as the XML that CI systems read (Jenkins' and GitLab's dialect of JUnit).
 * @see https://github.com/testmoapp/junitxml
 */
export function junitXml(suites: readonly JUnitSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  const seconds = suites.reduce((sum, suite) => sum + (suite.seconds ?? 0), 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'perfcase', ...countsOf(all), time: String(seconds) })}>`,
    ...suites.map(suiteXml),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteXml({ name, startedAt, seconds = 0, properties = {}, cases }: JUnitSuite): string {
  const entries = Object.entries(properties);
  return [
    ` <testsuite${attributes({
      name,
      ...countsOf(cases),
      time: String(seconds),
      // The schema of this attribute knows neither fractions nor a zone.
      ...(startedAt === undefined ? {} : { timestamp: startedAt.slice(0, 19) }),
    })}>`,
    ...(entries.length > 0
      ? [
          '  <properties>',
          ...entries.map(([key, value]) => `   <property${attributes({ name: key, value })}/>`),
          '  </properties>',
        ]
      : []),
    ...cases.map(caseXml),
    ' </testsuite>',
  ].join('\n');
}

function caseXml({ group, name, seconds = 0, outcome, output }: JUnitCase): string {
  const inner: string[] = [];
  if (outcome?.kind === 'skipped') inner.push(`   <skipped${attributes({ message: outcome.message })}/>`);
  else if (outcome) {
    const { kind, type, message, details = message } = outcome;
    inner.push(`   <${kind}${attributes({ type, message })}>${body(details)}</${kind}>`);
  }
  if (output !== undefined) inner.push(`   <system-out>${body(output)}</system-out>`);
  const tag = `  <testcase${attributes({ classname: group, name, time: String(seconds) })}`;
  return inner.length === 0 ? `${tag}/>` : [`${tag}>`, ...inner, '  </testcase>'].join('\n');
}

function countsOf(cases: readonly JUnitCase[]): Record<string, string> {
  const count = (kind: NonNullable<JUnitCase['outcome']>['kind']) =>
    String(cases.filter(({ outcome }) => outcome?.kind === kind).length);
  return {
    tests: String(cases.length),
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  };
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${xmlText(value)}"`)
    .join('');
}

/** Lines stay lines. */
function body(text: string): string {
  return xmlText(text).replaceAll('&#10;', '\n').replaceAll('&#9;', '\t');
}
