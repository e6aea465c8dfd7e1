import type { Parsed } from '../../core/capture.ts';
import type {
  ServerClientObservation,
  ServerConfigObservation,
  ServerInfoObservation,
  ServerLatencyObservation,
  ServerSlowlogObservation,
} from '../../core/observation.ts';
import { isDecoration, type Line, linesOf } from '../text/lines.ts';
import { Notes } from '../text/notes.ts';
import { present, whole } from '../text/values.ts';
import { DIRECTIVES, isSecret } from './directives.ts';

/*
 * What a Redis-family server answered, as perfcase writes it down: each command behind "> ", then its answer.
 *
 *   > PING
 *   PONG
 *   > INFO all
 *   # Server
 *   redis_version:7.0.15
 *   > CONFIG GET appendfsync
 *   appendfsync always
 *   > LATENCY LATEST
 *   expire-cycle 1795298718 25 41
 *   > SLOWLOG LEN
 *   3
 *   > CLIENT LIST
 *   id=3 addr=127.0.0.1:32996 laddr=127.0.0.1:6379 fd=8 name= age=12 idle=0 flags=N … cmd=get
 *
 * Saved output of redis-cli is read too: `redis-cli INFO`, and `redis-cli CONFIG GET` with its numbered lines.
 * https://redis.io/docs/latest/commands/info/ https://redis.io/docs/latest/commands/client-list/
 */

export type ServerObservation =
  | ServerConfigObservation
  | ServerInfoObservation
  | ServerClientObservation
  | ServerLatencyObservation
  | ServerSlowlogObservation;

const KNOWN = new RegExp(`^(?:${DIRECTIVES.join('|')})$`);

type Answer = 'none' | 'info' | 'config' | 'latency' | 'slowlog' | 'other';

/** Reads such a transcript. Never throws, and never keeps a secret. */
export function parseServer(text: string): Parsed<ServerObservation> {
  const items: ServerObservation[] = [];
  const notes = new Notes();
  let answer: Answer = 'none';
  let section: string | undefined;
  let name: string | undefined;
  // redis-cli into a file: names and values on lines of their own. Only a name that is known begins this.
  let rawName: string | undefined;
  let isRaw = false;
  const directive = (line: Line, key: string, value: string) => {
    if (!isSecret(key)) items.push({ kind: 'server-config', ...seen(line), directive: key, value });
    else notes.add({ number: line.number, raw: `${key} …` }, 'a secret, left out');
  };
  for (const line of linesOf(text)) {
    if (notes.overlong(line)) continue;
    if (rawName !== undefined) {
      directive(line, rawName, line.text);
      rawName = undefined;
      isRaw = true;
      continue;
    }
    const asked = commandOf(line.text);
    const title = /^# ([A-Z][A-Za-z_]{1,40})$/.exec(line.text)?.[1];
    const numbered = /^\s*(\d{1,6})\) "(.*)"$/.exec(line.text);
    const mapped = /^\s*\d{1,6}# "(.*?)" => "(.*)"$/.exec(line.text);
    const client = /^id=\d+ addr=/.test(line.text) ? readClient(line) : undefined;
    const field = section === undefined ? null : /^([A-Za-z][\w|.@-]{0,200}):(?! )(.*)$/.exec(line.text);
    if (asked !== undefined) {
      answer = asked;
      section = undefined;
      name = undefined;
    } else if (title !== undefined && (answer === 'info' || answer === 'none')) {
      section = title;
    } else if (/^(?:! |\(error\) |-[A-Z]+ )/.test(line.text)) {
      notes.add(line, 'an error in place of an answer');
    } else if (client) {
      items.push(client);
    } else if (numbered) {
      // Names and values take turns.
      if (Number(numbered[1]) % 2 === 1) name = numbered[2]!;
      else if (name !== undefined) {
        directive(line, name, numbered[2]!);
        name = undefined;
      } else notes.add(line, 'a value without the name before it');
    } else if (mapped) {
      directive(line, mapped[1]!, mapped[2]!);
    } else if (field) {
      items.push({
        kind: 'server-info',
        ...seen(line),
        section: section!,
        field: field[1]!,
        value: field[2]!,
      });
    } else if (answer === 'latency' && LATENCY.test(line.text)) {
      items.push(readLatency(line));
    } else if (answer === 'slowlog' && whole(line.text) !== undefined) {
      items.push({ kind: 'server-slowlog', ...seen(line), entries: Number(line.text) });
    } else if (answer === 'config' && /^[a-z][\w-]*(?: |$)/.test(line.text)) {
      const space = line.text.indexOf(' ');
      directive(
        line,
        space === -1 ? line.text : line.text.slice(0, space),
        space === -1 ? '' : line.text.slice(space + 1),
      );
    } else if (section === undefined && (isRaw ? /^[a-z][a-z0-9-]*$/ : KNOWN).test(line.text)) {
      rawName = line.text;
    } else if (!isDecoration(line.text) && !/^(?:PONG|OK|\(empty .*\))$/.test(line.text)) {
      notes.add(line, 'no answer to a question that is known');
    }
  }
  return { items, problems: notes.done() };
}

function seen(line: Line): { line: number; text: string } {
  return { line: line.number, text: line.raw };
}

/** Which answer follows a line that is a command: behind our own mark, redis-cli's prompt, or a shell's. */
function commandOf(text: string): Answer | undefined {
  const command = /^(?:\S{0,255}(?:\[\d+\])?> ?|.{0,200}\b(?:redis|valkey)-cli\b)(.*)$/.exec(
    text.slice(0, 1000),
  );
  if (!command || /^#/.test(text)) return undefined;
  if (/\binfo\b/i.test(command[1]!)) return 'info';
  if (/\blatency\s+latest\b/i.test(command[1]!)) return 'latency';
  if (/\bslowlog\s+len\b/i.test(command[1]!)) return 'slowlog';
  return /\bconfig\s+get\b/i.test(command[1]!) ? 'config' : 'other';
}

/** Event, second and milliseconds of the latest spike, milliseconds of the worst ever. */
const LATENCY = /^[a-z][a-z-]{0,40} \d{1,12} \d{1,9} \d{1,9}$/;

function readLatency(line: Line): ServerLatencyObservation {
  const [event, at, latest, worst] = line.text.split(' ');
  return {
    ...{ kind: 'server-latency', ...seen(line), event: event! },
    ...{ atSeconds: Number(at), latestMs: Number(latest), worstEverMs: Number(worst) },
  };
}

function readClient(line: Line): ServerClientObservation | undefined {
  const values = new Map<string, string>();
  for (const word of line.text.split(' ')) {
    const equals = word.indexOf('=');
    if (equals > 0) values.set(word.slice(0, equals), word.slice(equals + 1));
  }
  const address = values.get('addr');
  if (!address) return undefined;
  return {
    kind: 'server-client',
    ...seen(line),
    address,
    ...present({
      id: whole(values.get('id')),
      fd: whole(values.get('fd')),
      name: values.get('name') || undefined,
      ageSeconds: whole(values.get('age')),
      idleSeconds: whole(values.get('idle')),
      flags: values.get('flags'),
      lastCommand: values.get('cmd'),
      outputBytes: whole(values.get('omem')),
      queryBufferBytes: whole(values.get('qbuf')),
    }),
  };
}
