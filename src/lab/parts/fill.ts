import { EXIT, UserError } from '../../core/errors.ts';
import type { FillPart, PartOrder } from '../../core/lab-part.ts';
import { Connection } from './connection.ts';
import { ReplyError } from './reply-reader.ts';
import { type Client, playTurn } from './turn.ts';
import { fillWords, randomOf } from './words.ts';

/** Commands that are sent at once. */
const BATCH = 500;

/** Fills the server, many commands at a time. @throws UserError when it refuses one */
export async function runFill(step: FillPart, order: PartOrder, signal: AbortSignal): Promise<void> {
  const connection = await Connection.open(order.server);
  try {
    if (step.kind === 'once') {
      const client: Client = {
        ...{ random: randomOf(order.seed), names: new Map<string, unknown>(), commands: 0 },
        connection: async () => connection,
        disconnect: () => undefined,
      };
      await playTurn(step.steps, client);
      return;
    }
    let batch: string[][] = [];
    const flush = async () => {
      for (const reply of await connection.askAll(batch)) {
        if (reply instanceof ReplyError)
          throw new UserError(`the server refused a preparation: ${reply.message}.`, EXIT.failure);
      }
      batch = [];
    };
    for (const command of commandsOf(step, order.seed)) {
      batch.push(command);
      if (batch.length === BATCH) await flush();
      if (signal.aborted) return;
    }
    await flush();
  } finally {
    connection.close();
  }
}

/** Elements of a collection that are added with one command. */
const ELEMENTS = 200;

function* commandsOf(step: FillPart & { kind: 'fill' }, seed: number): Generator<string[]> {
  const knowledge = { random: randomOf(seed), names: new Map<string, unknown>() };
  const { keys, key: template, type, value: text, items } = step;
  for (let n = 0; n < keys; n++) {
    knowledge.names.set('n', n);
    const [key] = fillWords([template], knowledge) as [string];
    const value = () => fillWords([text], knowledge)[0]!;
    if (type === 'string') {
      yield ['SET', key, value()];
      continue;
    }
    for (let from = 0; from < items; from += ELEMENTS) {
      const indexes = Array.from({ length: Math.min(ELEMENTS, items - from) }, (_, i) => from + i);
      switch (type) {
        case 'hash':
          yield ['HSET', key, ...indexes.flatMap((i) => [`field:${i}`, value()])];
          break;
        case 'list':
          yield ['RPUSH', key, ...indexes.map(() => value())];
          break;
        case 'set':
          yield ['SADD', key, ...indexes.map((i) => `${i}:${value()}`)];
          break;
        case 'zset':
          yield ['ZADD', key, ...indexes.flatMap((i) => [String(i), `${i}:${value()}`])];
          break;
      }
    }
  }
}
