import { connect, createServer, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { ReplyWriter } from '../../src/kvserver/reply-writer.ts';
import { onCleanup } from './harness.ts';

/** Both ends of a connection; the client does not read yet. */
async function pair(): Promise<{ socket: Socket; client: Socket }> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const accepted = new Promise<Socket>((settle) => server.once('connection', settle));
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  const socket = await accepted;
  onCleanup(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return { socket, client };
}

function listen(client: Socket): { text: string } {
  const heard = { text: '' };
  client.setEncoding('latin1').on('data', (text: string) => {
    heard.text += text;
  });
  return heard;
}

it('sends every reply but the first without the stream', async () => {
  const { socket, client } = await pair();
  const heard = listen(client);
  const writer = new ReplyWriter(socket);
  const stream = vi.spyOn(socket, 'write');
  writer.write('+first\r\n');
  await expect.poll(() => heard.text).toBe('+first\r\n');
  stream.mockClear();
  writer.write('+\xff\0\r\n');
  writer.write(`$20000\r\n${'x'.repeat(20_000)}\r\n`);
  expect(stream).not.toHaveBeenCalled();
  await expect.poll(() => heard.text).toBe(`+first\r\n+\xff\0\r\n$20000\r\n${'x'.repeat(20_000)}\r\n`);
  expect(writer.unsent).toBe(0);
});

it('keeps the order, and counts what is unsent, while the client does not read', async () => {
  const { socket, client } = await pair();
  const writer = new ReplyWriter(socket);
  let sent = '';
  for (let number = 0; writer.unsent < 2 ** 20; number++) {
    const reply = `${number}:${'y'.repeat((number * 977) % 50_000)}`;
    sent += reply;
    writer.write(reply);
  }
  const unsent = writer.unsent;
  expect(unsent).toBeLessThanOrEqual(sent.length);
  const heard = listen(client);
  await expect.poll(() => writer.unsent).toBe(0);
  writer.write('last');
  socket.end();
  await new Promise<void>((settle) => client.once('end', () => settle()));
  expect(heard.text === `${sent}last`).toBe(true);
});

it('sends all of a reply that the kernel took a part of, also when the connection ends behind it', async () => {
  const { socket, client } = await pair();
  const writer = new ReplyWriter(socket);
  writer.write('+first\r\n');
  const reply = 'z'.repeat(2 ** 24);
  writer.write(reply);
  expect(writer.unsent).toBeGreaterThan(0);
  socket.destroySoon();
  const heard = listen(client);
  await new Promise<void>((settle) => client.once('end', () => settle()));
  expect(heard.text === `+first\r\n${reply}`).toBe(true);
});

it("sends through the stream where Node's handle is another one", async () => {
  const { socket, client } = await pair();
  const heard = listen(client);
  const { _handle } = socket as unknown as { _handle: { writeQueueSize?: unknown } };
  Object.defineProperty(_handle, 'writeQueueSize', { value: undefined });
  const writer = new ReplyWriter(socket);
  const stream = vi.spyOn(socket, 'write');
  writer.write('+one\r\n');
  writer.write('+two\r\n');
  expect(stream).toHaveBeenCalledTimes(2);
  await expect.poll(() => heard.text).toBe('+one\r\n+two\r\n');
});

it('ends the connection when nothing can be sent any more', async () => {
  const { socket, client } = await pair();
  const writer = new ReplyWriter(socket);
  const closed = new Promise<void>((settle) => socket.once('close', () => settle()));
  socket.on('error', () => socket.destroy());
  client.resetAndDestroy();
  const timer = setInterval(() => writer.write('+late\r\n'), 1);
  onCleanup(() => clearInterval(timer));
  await closed;
  clearInterval(timer);
  writer.write('+too late\r\n');
  expect(socket.destroyed).toBe(true);
});
