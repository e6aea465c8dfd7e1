import type { Server } from './server.ts';

/** Bytes that all clients together may take; 0: no limit. The directive maxmemory-clients. */
export function clientLimit(server: Server): number {
  const { 'maxmemory-clients': limit, maxmemory } = server.config.values;
  return 'bytes' in limit ? limit.bytes : Math.floor((maxmemory * limit.percent) / 100);
}

/**
 * Closes the clients that take most memory until all together keep within maxmemory-clients, so that no key has to
 * go for them. CLIENT NO-EVICT exempts a client. To be called when they have just been measured.
 * O(N log N), N being the number of clients; O(1) while they keep within the limit.
 */
export function evictClients(server: Server): void {
  const limit = clientLimit(server);
  if (limit === 0 || server.memory.clientBytes <= limit) return;
  const largestFirst = [...server.sessions.values()]
    .filter((session) => !session.noEvict)
    .sort((a, b) => b.measuredBytes - a.measuredBytes);
  for (const session of largestFirst) {
    if (server.memory.clientBytes <= limit) return;
    const { peer, measuredBytes } = session;
    server.log(
      `client ${session.id} at ${peer?.address} closed: it takes ${measuredBytes} bytes, and all take more than maxmemory-clients`,
    );
    server.stats.evictedClients++;
    server.memory.forgetClient(session);
    peer?.close(false);
  }
}
