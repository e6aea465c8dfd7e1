import { randomBytes } from 'node:crypto';
import { assemble } from '../../capture/assemble.ts';
import type { RawCapture, RawOutput } from '../../capture/raw-capture.ts';
import { withoutSecrets } from '../../core/redact.ts';
import { redactLog } from './log.ts';
import { redactOutput } from './outputs.ts';
import { Pseudonyms } from './pseudonyms.ts';

/** Takes other people's data out of one capture, part by part. Its key is random, and ends with it. */
export class Redactor {
  private readonly pseudonyms: Pseudonyms;

  constructor(key: Uint8Array = randomBytes(32)) {
    this.pseudonyms = new Pseudonyms(key);
  }

  /** @returns undefined for the output of a tool of which it is not known what may be kept */
  output(output: RawOutput): RawOutput | undefined {
    return redactOutput(output);
  }

  /** A whole capture. Its outputs may have been redacted before. */
  capture(capture: RawCapture): RawCapture {
    const { outputs, strace, missing, ...rest } = capture;
    const kept: RawOutput[] = [];
    const leftOut: Record<string, string> = {};
    for (const output of outputs) {
      const redacted = this.output(output);
      if (redacted) kept.push(redacted);
      else leftOut[output.source] = 'it was left out of the recording: what of it is private is not known';
    }
    const plain = {
      ...withoutSecretsIn(rest),
      outputs: kept,
      missing: { ...withoutSecretsIn(missing), ...leftOut },
    };
    if (!strace) return plain;
    const { sightings } = assemble({ ...plain, straceMissing: '' }, { redact: true }).facts;
    const descriptors = sightings.flatMap(({ item }) => (item.kind === 'descriptor' ? [item] : []));
    const { pid } = capture.target;
    const text = redactLog(
      {
        text: strace.text,
        threads: strace.threads,
        ...(strace.ownFds ? { ownFds: strace.ownFds } : {}),
        descriptors,
        ...(pid === undefined ? {} : { targetPid: pid }),
      },
      this.pseudonyms,
    );
    return { ...plain, strace: { ...strace, text } };
  }
}

/** Every text in it as withoutSecrets leaves it. */
function withoutSecretsIn<T>(value: T): T {
  if (typeof value === 'string') return withoutSecrets(value) as T;
  if (Array.isArray(value)) return value.map(withoutSecretsIn) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withoutSecretsIn(each)])) as T;
}
