import type { Resolved } from './call.ts';
import type { Session } from './session.ts';

/** What may not be shown of a request: the words that hold secrets, by their place. */
const SECRET_COMMANDS: ReadonlySet<string> = new Set(['auth', 'hello']);
const REDACTED = '(redacted)';

/** The clients that sent MONITOR: they are sent every command that the server runs. */
export class Monitors {
  private readonly sessions = new Set<Session>();

  get size(): number {
    return this.sessions.size;
  }

  has(session: Session): boolean {
    return this.sessions.has(session);
  }
  add(session: Session): void {
    this.sessions.add(session);
  }
  remove(session: Session): void {
    this.sessions.delete(session);
  }

  /** O(clients that watch × bytes of the request). Administrative commands and passwords are not shown. */
  feed(session: Session, command: Resolved, args: readonly string[]): void {
    const { flags, name } = command.spec;
    if (flags.includes('admin') || flags.includes('skip_monitor') || session.server.loading) return;
    const shown = SECRET_COMMANDS.has(name) ? withoutSecrets(args) : args;
    const line = monitorLine(session, shown);
    for (const one of this.sessions) one.peer?.send(line);
  }
}

/** AUTH shows nothing; HELLO keeps its version. */
function withoutSecrets(args: readonly string[]): string[] {
  const name = args[0]!.toLowerCase();
  let secret = name === 'auth' ? Number.POSITIVE_INFINITY : 0;
  return args.map((arg, i) => {
    if (i === 0) return arg;
    if (secret-- > 0) return REDACTED;
    if (arg.toLowerCase() === 'auth') secret = 2;
    return arg;
  });
}

/** "+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"". */
function monitorLine(session: Session, args: readonly string[]): string {
  const us = Math.floor(session.server.clock.now() * 1000);
  const time = `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`;
  const from = session.peer?.address ?? 'unknown';
  return `+${time} [${session.db.id} ${from}] ${args.map(quoted).join(' ')}\r\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
};

/** A byte string in quotes; what cannot be printed as an escape. */
export function quoted(text: string): string {
  const inner = text.replace(
    /[^ !#-[\]-~]/g,
    (char) => ESCAPES[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${inner}"`;
}
