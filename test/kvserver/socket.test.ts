import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { startReading } from '../../src/kvserver/socket.ts';
import { onCleanup } from './harness.ts';

/** What a server reads and answers when it begins to read as the bundled server does. */
async function talk(prepare: (accepted: Socket) => void): Promise<{ heard: string; same: boolean }> {
  let same = false;
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    prepare(accepted);
    const socket = startReading(accepted, (bytes, length) => {
      socket.write(bytes.toString('latin1', 0, length).toUpperCase());
    });
    same = socket === accepted;
    socket.on('end', () => socket.end('bye'));
  });
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  onCleanup(() => client.destroy());
  let heard = '';
  client.setEncoding('latin1').on('data', (text: string) => {
    heard += text;
  });
  client.write('first ');
  await expect.poll(() => heard).toBe('FIRST ');
  client.end('second ');
  await new Promise<void>((settle) => client.once('close', () => settle()));
  // The listening socket ends only when it counts no connection any more.
  await new Promise<void>((settle, fail) => server.close((error) => (error ? fail(error) : settle())));
  return { heard, same };
}

it('reads into the shared buffer where Node lets it', async () => {
  expect(await talk(() => {})).toEqual({ heard: 'FIRST SECOND bye', same: false });
});

it("reads through Node's own events where it does not", async () => {
  const hide = (accepted: Socket) => {
    const { _handle } = accepted as unknown as { _handle: { useUserBuffer?: unknown } };
    _handle.useUserBuffer = undefined;
  };
  expect(await talk(hide)).toEqual({ heard: 'FIRST SECOND bye', same: true });
});
