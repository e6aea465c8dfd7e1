import type { Finding, Prediction } from '../../core/finding.ts';
import { formatMs, formatShare, plural, quantile, significant } from '../../core/units.ts';
import { type ReadingRequest, wallOf } from '../derive/file-reads.ts';
import type { Trace } from '../derive/trace.ts';
import { callEvidence, type Facts } from '../facts.ts';
import {
  clear,
  countOf,
  found,
  insufficient,
  milliseconds,
  notApplicable,
  ofTrace,
  type Rule,
  severityOf,
} from '../rule.ts';

/** Less than this is read in a moment, wherever it comes from. */
const LEAST_BYTES = 1024 * 1024;
/** An index is some pages deep; whoever reads so many pages for one answer looks at all of them. */
const LEAST_READS = 64;
/** Two may be a coincidence of two different searches. */
const LEAST_REQUESTS = 3;
/** A search through an index jumps; one through the whole table goes from page to page. */
const IN_SEQUENCE = 0.8;
/** Each place is read so many times over all requests: a backup, or a reader of a log, comes by once. */
const TIMES_OVER = 1.5;
/** What sends the file on, as a web server does, has to read it. */
const ANSWER_PART = 0.1;
/** Pages that a search reads through an index: its levels, and the row's own page. At worst the rows lie apart. */
const PAGES_BY_INDEX = { best: 2, likely: 5, worst: 20 } as const;

/**
 * Does a server, of whatever kind, read the whole of a file for each answer? Databases do where no index helps a query.
 * Requests are those of the target's connections; their protocol does not matter.
 */
export const tableScan: Rule = {
  id: 'table-scan',
  question: 'Does each request read the whole of a file, again and again?',
  check: ofTrace((facts, trace) => {
    if (trace.commands.length > 0)
      return notApplicable('it answers commands of the Redis protocol from its memory');
    const { requests, bytes, strayBytes } = trace.fileReads;
    if (bytes < LEAST_BYTES)
      return clear(`it read ${mebibytes(bytes)} from files in ${plural(trace.calls, 'system call')}`);
    const large = requests.filter(
      ({ reading }) => reading.bytes >= LEAST_BYTES && reading.reads >= LEAST_READS,
    );
    if (large.length === 0 && strayBytes >= LEAST_BYTES)
      return insufficient(
        `it read ${mebibytes(strayBytes)} from files, and no request that this was for was seen from its beginning to its answer`,
      );
    if (large.length === 0)
      return clear(
        `it read ${mebibytes(bytes)} from files, no request more than ${mebibytes(most(requests))} of one`,
      );
    const file = busiest(large);
    const these = large.filter(({ reading }) => reading.file === file);
    const reads = sum(these, ({ reading }) => reading.reads);
    const said = `${plural(these.length, 'request')} read ${mebibytes(sum(these, ({ reading }) => reading.bytes))} of ${file}`;
    const offsets = these.flatMap(({ reading }) => reading.offsets);
    if (these.length < LEAST_REQUESTS) return insufficient(`only ${said} and were answered`);
    const answered = sum(these, ({ answerBytes }) => answerBytes);
    const bytesRead = sum(these, ({ reading }) => reading.bytes);
    if (answered > bytesRead * ANSWER_PART) return clear(`${said}, and sent ${mebibytes(answered)} on`);
    if (offsets.length < reads / 2) return insufficient(`${said}, and the log does not say which parts`);
    const inSequence = sum(these, ({ reading }) => reading.inSequence) / reads;
    if (inSequence < IN_SEQUENCE)
      return clear(`${said}, ${formatShare(1 - inSequence)} of them by jumps, as through an index`);
    const timesOver = offsets.length / new Set(offsets).size;
    if (timesOver < TIMES_OVER) return clear(`${said}, and hardly any part of it twice`);
    return found(findingOf(facts, these, file, timesOver));
  }),
};

function findingOf(facts: Facts, these: readonly ReadingRequest[], file: string, timesOver: number): Finding {
  const trace = facts.trace!;
  const times = these.flatMap((each) => timesOf(each, trace) ?? []);
  const wallUs = sum(times, ({ wallUs: us }) => us);
  const share = wallUs > 0 ? Math.min(1, sum(times, ({ scanUs }) => scanUs) / wallUs) : undefined;
  const bytes = quantile(
    these.map(({ reading }) => reading.bytes),
    0.5,
  )!;
  const reads = quantile(
    these.map(({ reading }) => reading.reads),
    0.5,
  )!;
  const p50 = quantile(
    times.map((each) => each.wallUs),
    0.5,
  );
  const prediction = predict(times, reads);
  const typical = these[Math.floor(these.length / 2)]!;
  const took = p50 === undefined ? '' : `; an answer takes ${formatMs(p50 / 1000)}`;
  return {
    id: 'table-scan',
    severity: severityOf(share),
    confidence: 0.9,
    title: 'Each request reads the whole of a file',
    why: `For each of ${these.length} answers it read ${mebibytes(bytes)} of ${file} from page to page, ${plural(reads, 'read')}, the same parts ${significant(timesOver)} times over${took}.${whichTable(file)}`,
    ...(share === undefined ? {} : { share: Math.round(share * 1000) / 1000 }),
    measures: {
      requests: countOf(these.length),
      readsPerRequest: countOf(reads),
      bytesPerRequest: { value: bytes, unit: 'B' },
      ...(p50 === undefined ? {} : { answerP50: milliseconds(p50) }),
    },
    evidence: [typical.request, typical.reading.first, typical.reading.last, typical.answer].map((call) =>
      callEvidence(facts, call),
    ),
    fix: {
      summary:
        'Index what the query searches by, so that it reads a few pages; where it needs every row, keep the result. The plan of the query (EXPLAIN) shows whether it scans a table.',
      command: 'CREATE INDEX ON table (column)',
      cost: 'Each write keeps the index up to date; while it is made, writes to the table may have to wait.',
    },
    ...(prediction ? { prediction } : {}),
  };
}

/** PostgreSQL names files by a number that it can explain. */
function whichTable(file: string): string {
  const node = /\/base\/\d+\/(\d+)(?:\.\d+)?$/.exec(file)?.[1];
  return node === undefined ? '' : ` SELECT pg_filenode_relation(0, ${node}) tells which table that is.`;
}

interface Times {
  /** From the request to the end of its answer, without what the tracer added. */
  readonly wallUs: number;
  readonly scanUs: number;
}

/** Undefined in a log without times. */
function timesOf({ request, answer, reading }: ReadingRequest, trace: Trace): Times | undefined {
  const [first, last] = [reading.first.startUs, reading.last.startUs];
  const wall = wallOf(request, answer);
  if (wall === undefined || first === undefined || last === undefined) return undefined;
  const scan = last + (reading.last.durationUs ?? 0) - first;
  // All but the scan is a handful of calls, which cost next to nothing more.
  const rest = Math.max(0, wall - scan);
  const untraced = Math.max(
    scan / (trace.slowdown ?? 1),
    scan - reading.reads * (trace.callFloorUs ?? 0),
    scan * 0.02,
  );
  const scanUs = Math.min(scan, untraced);
  return { wallUs: rest + scanUs, scanUs };
}

/** Of the scan, what some pages cost stays; the rest of the request stays as it is. */
function predict(times: readonly Times[], reads: number): Prediction | undefined {
  if (times.length === 0) return undefined;
  const wall = quantile(
    times.map(({ wallUs }) => wallUs),
    0.5,
  )!;
  const rest = quantile(
    times.map(({ wallUs, scanUs }) => wallUs - scanUs),
    0.5,
  )!;
  const after = (pages: number) => rest + (wall - rest) * Math.min(1, pages / reads);
  const ms = (us: number) => Number((us / 1000).toPrecision(3));
  return {
    metric: 'answer milliseconds',
    before: ms(wall),
    after: ms(after(PAGES_BY_INDEX.likely)),
    low: ms(after(PAGES_BY_INDEX.best) * 0.5),
    high: ms(after(PAGES_BY_INDEX.worst) * 2),
  };
}

function busiest(requests: readonly ReadingRequest[]): string {
  const bytes = new Map<string, number>();
  for (const { reading } of requests) bytes.set(reading.file, (bytes.get(reading.file) ?? 0) + reading.bytes);
  return [...bytes].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((total, item) => total + value(item), 0);
const most = (requests: readonly ReadingRequest[]): number =>
  requests.reduce((largest, { reading }) => Math.max(largest, reading.bytes), 0);
const mebibytes = (bytes: number): string => `${significant(bytes / 2 ** 20)} MiB`;
