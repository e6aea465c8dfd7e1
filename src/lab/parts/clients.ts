import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientsPart, PartOrder } from '../../core/lab-part.ts';
import { Connection } from './connection.ts';
import { type Meter, machineMs } from './meter.ts';
import { paceOf, paceTogether } from './pace.ts';
import { type Client, playTurn } from './turn.ts';
import { fillWords, randomOf } from './words.ts';

/** How long a client waits after a failure, so that a server that is down is not asked thousands of times a second. */
const PAUSE_AFTER_ERROR_MS = 200;
/** A client that never reads sends so many commands at a time. */
const BURST = 64;

/** Clients of the server, until `signal`. A turn that is under way then is finished. */
export async function runClients(
  spec: ClientsPart,
  { server, seed }: PartOrder,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  const loops = Array.from({ length: spec.connections }, (_, index) =>
    runOne(spec, server, seed * 1000 + index, index, meter, signal),
  );
  await Promise.all(loops);
}

async function runOne(
  spec: ClientsPart,
  server: PartOrder['server'],
  seed: number,
  index: number,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  const random = randomOf(seed);
  let connection: Connection | undefined;
  const client: Client = {
    random,
    names: new Map<string, unknown>([['connection', index]]),
    commands: 0,
    connection: async () => {
      connection ??= await Connection.open(server, spec);
      return connection;
    },
    disconnect: () => {
      connection?.close();
      connection = undefined;
    },
  };
  const due =
    spec.togetherMs === undefined
      ? paceOf(spec.rate === undefined ? undefined : spec.rate / spec.connections, random, machineMs)
      : paceTogether(spec.togetherMs, machineMs);
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  for (let turn = 0; !signal.aborted; turn++) {
    await due();
    if (signal.aborted) break;
    client.names.set('turn', turn);
    const [startMs, before] = [machineMs(), client.commands];
    try {
      if (!spec.reads) await sendBlindly(spec, client, signal);
      else await playTurn(spec.steps, client);
      meter.turn(startMs, machineMs() - startMs, client.commands - before);
      if (spec.listens) await Promise.race([(await client.connection()).ended(), untilAborted(signal)]);
    } catch (error) {
      meter.failed(error);
      client.disconnect();
      await pause(PAUSE_AFTER_ERROR_MS);
    }
  }
  client.disconnect();
}

/** Sends commands until the kernel takes no more, and reads nothing. */
async function sendBlindly(spec: ClientsPart, client: Client, signal: AbortSignal): Promise<void> {
  const connection = await client.connection();
  connection.stopReading();
  for (let i = 0; i < BURST && !signal.aborted; i++) {
    for (const step of spec.steps) {
      if (step.kind !== 'command') continue;
      client.commands++;
      if (!connection.send(fillWords(step.words, client)))
        await Promise.race([connection.drained(), untilAborted(signal)]);
    }
    // With a rate, one turn is one round of the commands.
    if (spec.rate !== undefined) return;
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    if (signal.aborted) settle();
    else signal.addEventListener('abort', () => settle(), { once: true });
  });
}
