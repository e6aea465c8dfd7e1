import type { OldValues, Order } from './messages.ts';
import { shellLine } from './words.ts';

/** What a person types into a shell to put everything back. A password stays in REDISCLI_AUTH. */
export function byHand(
  { change, server = {}, elsewhere, target }: Pick<Order, 'change' | 'server' | 'elsewhere' | 'target'>,
  old: OldValues,
): string[] {
  if (change.kind === 'commands') return [...change.steps].reverse().map(({ revert }) => shellLine(revert));
  const { host = '127.0.0.1', port = 6379, socketPath, user, tls } = server;
  const where = [
    ...(elsewhere ? ['nsenter', '-t', String(target.pid), '-n'] : []),
    'redis-cli',
    ...(socketPath === undefined ? ['-h', host, '-p', String(port)] : ['-s', socketPath]),
    ...(user === undefined ? [] : ['--user', user]),
    ...(tls ? ['--tls'] : []),
  ];
  return Object.entries(old).map(([directive, value]) =>
    shellLine([...where, 'CONFIG', 'SET', directive, value]),
  );
}
