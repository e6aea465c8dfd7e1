import { createServer } from 'node:net';

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const address = server.address();
  await new Promise<void>((settle) => server.close(() => settle()));
  if (!address || typeof address === 'string') throw new Error('no port');
  return address.port;
}
