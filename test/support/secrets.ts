import { randomBytes } from 'node:crypto';

/** A step of what an application sends to its server. */
export interface Step {
  readonly words?: readonly string[];
  readonly inline?: string;
  /** In how many writes. */
  readonly pieces?: number;
}

export interface HttpSecrets {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Secrets of every kind, each planted once, and the traffic that carries them. */
export interface Planted {
  /** Kind to the secrets of that kind, in the form in which they are sent. */
  readonly kinds: ReadonlyMap<string, readonly string[]>;
  readonly steps: readonly Step[];
  readonly requests: readonly HttpSecrets[];
  /** Arguments of a program that runs meanwhile. */
  readonly argv: readonly string[];
}

/** How many of each kind. */
const OF_EACH = 50;

/** Letters and digits, so that no delimiter makes it shorter than it is; no two alike. */
function secret(): string {
  return randomBytes(24)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, 'q')
    .slice(0, 24);
}

/** What an application does with one secret. */
const COMMANDS: Readonly<Record<string, (secret: string, index: number) => readonly Step[]>> = {
  'a value': (each) => [{ words: ['SET', 'plain', each] }, { words: ['GET', 'plain'] }],
  'a value in pieces': (each) => [{ words: ['SET', 'pieces', `${each}\r\n$5\r\n${each}`], pieces: 4 }],
  'a value in base64': (each) => [
    { words: ['SET', 'b64', Buffer.from(each).toString('base64')] },
    { words: ['GET', 'b64'] },
  ],
  'a value in hexadecimal': (each) => [{ words: ['SETEX', 'hex', '60', Buffer.from(each).toString('hex')] }],
  'a value in a URL': (each) => [
    { words: ['SET', 'url', `https://host/path?token=${encodeURIComponent(`${each}/+`)}&x=1`] },
  ],
  'a field of a hash': (each) => [
    { words: ['HSET', 'hash', each, 'x'] },
    { words: ['HGETALL', 'hash'] },
    { words: ['DEL', 'hash'] },
  ],
  'a value in JSON': (each) => [
    { words: ['HSET', 'doc', 'json', JSON.stringify({ user: each, n: [1, each] })] },
    { words: ['HGET', 'doc', 'json'] },
  ],
  'a member of a set': (each) => [
    { words: ['SADD', 'set', each] },
    { words: ['SMEMBERS', 'set'] },
    { words: ['DEL', 'set'] },
  ],
  'an item of a list': (each) => [
    { words: ['RPUSH', 'list', each] },
    { words: ['LRANGE', 'list', '0', '-1'] },
    { words: ['DEL', 'list'] },
  ],
  'the rest of a key': (each) => [
    { words: ['SET', `user:${each}`, '1'] },
    { words: ['GET', `user:${each}`] },
    { words: ['SCAN', '0', 'MATCH', `user:${each}*`] },
    { words: ['DEL', `user:${each}`] },
  ],
  'a password of AUTH': (each) => [
    { words: ['AUTH', 'nobody', each] },
    { inline: `AUTH nobody ${each}\r\n` },
  ],
  'a password of HELLO': (each) => [{ words: ['HELLO', '2', 'AUTH', 'nobody', each], pieces: 3 }],
  'a password of CONFIG SET': (each) => [
    { words: ['CONFIG', 'SET', 'masterauth', each] },
    { words: ['CONFIG', 'GET', 'masterauth'] },
  ],
  requirepass: (each) => [
    ...[
      ['MULTI'],
      ['CONFIG', 'SET', 'requirepass', each],
      ['CONFIG', 'SET', 'requirepass', ''],
      ['EXEC'],
    ].map((words) => ({ words })),
  ],
  'a password of ACL': (each, index) => [
    { words: ['ACL', 'SETUSER', `u${index % 3}`, 'on', `>${each}`] },
    { words: ['ACL', 'LIST'] },
  ],
  'a script': (each) => [{ words: ['EVAL', `return '${each}'`, '0'] }, { words: ['ECHO', each] }],
  'an unknown command': (each) => [{ words: [each, each] }],
};

/** A thousand and more. */
export function plantSecrets(): Planted {
  const kinds = new Map<string, string[]>();
  const plant = (kind: string): string => {
    const fresh = secret();
    kinds.set(kind, [...(kinds.get(kind) ?? []), fresh]);
    return fresh;
  };
  const steps: Step[] = [];
  for (const [kind, make] of Object.entries(COMMANDS)) {
    for (let index = 0; index < OF_EACH; index++) steps.push(...make(plant(kind), index));
  }
  const requests = Array.from({ length: OF_EACH }, () => ({
    path: `/page/${plant('a segment of a path')}?token=${plant('a query')}`,
    headers: { authorization: `Bearer ${plant('a header')}`, cookie: `id=${plant('a cookie')}` },
    body: JSON.stringify({ password: plant('a body') }),
  }));
  return { kinds, steps, requests, argv: [`--password=${plant('an argument')}`, plant('an argument')] };
}

/**
 * What eight characters in a row are in each form. Fewer digits of a hexadecimal form would be found by chance: the
 * numbers of a recording hold such digits too.
 */
const WINDOWS: Readonly<Record<string, number>> = { text: 8, base64: 11, hex: 16, url: 8 };

/** Which of these secrets, in any form, leave eight characters in a row in a text: kinds, with how many. */
export function foundIn(text: string, kinds: Planted['kinds']): Map<string, number> {
  const owners = new Map<string, [kind: string, secret: string]>();
  for (const [kind, secrets] of kinds) {
    for (const each of secrets) {
      const bytes = Buffer.from(each);
      const forms = {
        text: each,
        base64: bytes.toString('base64'),
        hex: bytes.toString('hex'),
        url: encodeURIComponent(each),
      };
      for (const [name, form] of Object.entries(forms)) {
        const window = WINDOWS[name]!;
        for (let at = 0; at + window <= form.length; at++)
          owners.set(form.slice(at, at + window), [kind, each]);
      }
    }
  }
  const found = new Map<string, Set<string>>();
  for (const window of new Set(Object.values(WINDOWS))) {
    for (let at = 0; at + window <= text.length; at++) {
      const owner = owners.get(text.slice(at, at + window));
      if (owner) found.set(owner[0], (found.get(owner[0]) ?? new Set()).add(owner[1]));
    }
  }
  return new Map([...found].map(([kind, secrets]) => [kind, secrets.size]));
}
