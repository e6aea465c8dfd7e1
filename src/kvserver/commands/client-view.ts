import type { Session } from '../session.ts';

function flagsOf(session: Session): string {
  const flags =
    (session.server.monitors.has(session) ? 'O' : '') +
    (session.subscriptionCount > 0 ? 'P' : '') +
    (session.multi ? 'x' : '') +
    (session.watchBroken ? 'd' : '') +
    (session.server.blocking.isBlocked(session) ? 'b' : '') +
    (session.noEvict ? 'e' : '');
  return flags || 'N';
}

/** One client as CLIENT LIST and CLIENT INFO show it. */
export function describeClient(session: Session): string {
  const { peer, server } = session;
  const now = server.clock.now();
  const seconds = (since: number) => Math.max(0, Math.floor((now - since) / 1000));
  const fields: Readonly<Record<string, string | number>> = {
    id: session.id,
    addr: peer?.address ?? '',
    laddr: peer?.localAddress ?? '',
    fd: peer?.fd ?? -1,
    name: session.name,
    age: seconds(session.createdAt),
    idle: seconds(session.lastAt),
    flags: flagsOf(session),
    db: session.db.id,
    sub: session.channels.size,
    psub: session.patterns.size,
    ssub: session.shardChannels.size,
    multi: session.multi?.queue.length ?? -1,
    qbuf: peer?.queryBuffer ?? 0,
    // Nothing is set aside: no spare buffer, no arguments, no buffer and no list of replies.
    'qbuf-free': 0,
    'argv-mem': peer?.argumentBytes ?? 0,
    'multi-mem': 0,
    rbs: 0,
    rbp: 0,
    obl: peer?.outputBuffer ?? 0,
    oll: 0,
    omem: peer?.outputBuffer ?? 0,
    'tot-mem': (peer?.queryBuffer ?? 0) + (peer?.argumentBytes ?? 0) + (peer?.outputBuffer ?? 0),
    events: 'r',
    cmd: session.lastCommand,
    user: 'default',
    redir: -1,
    resp: session.resp,
    'lib-name': session.libName,
    'lib-ver': session.libVersion,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

export function clientType(session: Session): 'normal' | 'pubsub' {
  return session.subscriptionCount > 0 ? 'pubsub' : 'normal';
}
