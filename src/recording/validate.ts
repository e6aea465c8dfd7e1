import { DamagedRecording } from './damage.ts';
import { type CaptureHead, FORMAT_VERSION, type Manifest, type Part } from './format.ts';

/** What stands in a file may be anybody's: only what has the right shape is believed. */

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Absent, or of this kind. */
const maybe =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || is(value);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isTexts = (value: unknown): boolean => isFields(value) && Object.values(value).every(isText);

/** Every field that is named here has to answer; others are passed over. */
function has(value: unknown, shape: Readonly<Record<string, (value: unknown) => boolean>>): value is Fields {
  return isFields(value) && Object.entries(shape).every(([name, is]) => is(value[name]));
}

const isTarget = (value: unknown): boolean =>
  has(value, {
    ...{ pid: maybe(isNumber), comm: maybe(isText), container: maybe(isText), netns: maybe(isText) },
    server: maybe((each) => has(each, { kind: isText, version: maybe(isText), port: maybe(isNumber) })),
  });

const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((each) => Number.isInteger(each));

const isOverhead = (value: unknown): boolean => has(value, { fraction: isNumber, how: isText });

const CAPTURE: Readonly<Record<keyof CaptureHead, (value: unknown) => boolean>> = {
  target: isTarget,
  startedAt: maybe(isText),
  endedAt: maybe(isText),
  seconds: maybe(isNumber),
  strace: maybe((value) =>
    has(value, {
      threads: (threads) => Array.isArray(threads) && threads.every(isPair),
      slowdown: maybe(isNumber),
      ownFds: maybe((fds) => Array.isArray(fds) && fds.every(isNumber)),
      logLines: maybe((lines) => Array.isArray(lines) && lines.every(isNumber)),
    }),
  ),
  straceMissing: maybe(isText),
  tracer: maybe((value) =>
    has(value, { name: isText, events: isNumber, lost: maybe(isNumber), overhead: maybe(isOverhead) }),
  ),
  configMissing: maybe(isText),
  missing: isTexts,
  targetCpu: maybe((value) =>
    has(value, {
      ...{ seconds: isNumber, text: isText, busiestThread: maybe(isText) },
      ...{ busiestThreadPercent: maybe(isNumber), runDelayShare: maybe(isNumber) },
    }),
  ),
  swapped: maybe((value) => has(value, { inPages: isNumber, outPages: isNumber, seconds: isNumber })),
  clients: (value) =>
    Array.isArray(value) &&
    value.every((each) =>
      has(each, { address: isText, pid: maybe(isNumber), comm: maybe(isText), container: maybe(isText) }),
    ),
  untraced: maybe(isFlag),
  otherTracer: maybe((value) => has(value, { pid: isNumber, comm: isText, text: isText })),
  ended: maybe(isFlag),
};

const isOutput = (value: unknown): boolean =>
  has(value, { probe: isText, source: isText, text: isText, pid: maybe(isNumber), more: maybe(isFlag) });

/** The first line. @throws DamagedRecording */
export function manifestOf(value: unknown): Manifest {
  const version =
    isFields(value) && isText(value.format) ? /^perfcase\.recording\/(\d{1,4})$/.exec(value.format) : null;
  if (!version) throw new DamagedRecording('is no recording of perfcase');
  if (Number(version[1]) > FORMAT_VERSION) {
    throw new DamagedRecording(
      `was made by a later perfcase (format ${version[1]}; this one reads up to ${FORMAT_VERSION}); update perfcase`,
    );
  }
  const shape = {
    ...{ perfcase: isText, redacted: isFlag, startedAt: isText, target: isTarget },
    machine: (each: unknown) => has(each, { kernel: isText, os: isText, cpus: isNumber }),
    tools: (each: unknown) =>
      isFields(each) && Object.values(each).every((one) => one === null || isText(one)),
  };
  if (!has(value, shape)) throw new DamagedRecording('is damaged (its manifest has another shape)');
  return value as unknown as Manifest;
}

/** Any other line; undefined for a part that this version does not know. @throws DamagedRecording */
export function partOf(value: unknown): Part | undefined {
  if (!isFields(value) || !isText(value.part)) throw new DamagedRecording('is damaged (a part has no name)');
  const shape = PARTS[value.part as Part['part']];
  if (!shape) return undefined;
  if (!shape(value)) throw new DamagedRecording(`is damaged (a part "${value.part}" has another shape)`);
  return value as unknown as Part;
}

const PARTS: Readonly<Record<Part['part'], (value: Fields) => boolean>> = {
  output: isOutput,
  missing: ({ missing }) => isTexts(missing),
  capture: ({ capture }) => has(capture, CAPTURE),
  log: ({ text }) => isText(text),
  end: ({ parts, endedBy }) => isNumber(parts) && maybe(isText)(endedBy),
};
