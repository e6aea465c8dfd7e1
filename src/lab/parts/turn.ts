import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../../core/lab-part.ts';
import type { Connection } from './connection.ts';
import { type Reply, ReplyError } from './reply-reader.ts';
import { fillWord, fillWords, type Knowledge } from './words.ts';

/** Where a client's turn gets its connection, and what it counts. */
export interface Client extends Knowledge {
  connection(): Promise<Connection>;
  disconnect(): void;
  /** Commands sent so far. */
  commands: number;
}

/** Plays the steps of one turn, each when the one before was answered. @throws Error for an error reply */
export async function playTurn(steps: readonly Step[], client: Client): Promise<void> {
  for (const step of steps) await playStep(step, client);
}

async function playStep(step: Step, client: Client): Promise<void> {
  switch (step.kind) {
    case 'command': {
      const reply = await ask(fillWords(step.words, client), client);
      if (step.as !== undefined) client.names.set(step.as, reply);
      return;
    }
    case 'pipeline': {
      const commands = Array.from({ length: step.times }, () =>
        step.commands.map((words) => fillWords(words, client)),
      ).flat();
      client.commands += commands.length;
      for (const reply of await (await client.connection()).askAll(commands)) refuseError(reply);
      return;
    }
    case 'scan':
      return scan(step, client);
    case 'each': {
      const list = client.names.get(step.of);
      for (const item of Array.isArray(list) ? list : []) {
        client.names.set(step.as, item);
        await playTurn(step.steps, client);
      }
      return;
    }
    case 'when': {
      const value = client.names.get(step.name);
      const holds =
        step.is === undefined
          ? value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)
          : String(value) === fillWord(step.is, client);
      if (holds !== step.not) await playTurn(step.steps, client);
      return;
    }
    case 'repeat':
      for (let n = 0; n < step.times; n++) {
        client.names.set('n', n);
        await playTurn(step.steps, client);
      }
      return;
    case 'let':
      client.names.set(step.as, fillWord(step.value, client));
      return;
    case 'pause':
      await sleep(step.ms);
      return;
    case 'reconnect':
      client.disconnect();
      return;
    default:
      step satisfies never;
  }
}

async function scan(step: Step & { kind: 'scan' }, client: Client): Promise<void> {
  let cursor = '0';
  do {
    const words = ['SCAN', cursor, 'MATCH', fillWord(step.match, client)];
    // 10 is what the server takes by itself: a client that does not think of COUNT does not send it.
    if (step.count !== 10) words.push('COUNT', String(step.count));
    const reply = await ask(words, client);
    if (!Array.isArray(reply)) throw new Error('SCAN did not answer with a page of keys');
    cursor = String(reply[0]);
    const page = reply[1] as readonly Reply[];
    client.names.set(step.as, page);
    if (page.length > 0) await playTurn(step.steps, client);
  } while (cursor !== '0');
}

async function ask(words: readonly string[], client: Client): Promise<Reply> {
  client.commands++;
  return refuseError(await (await client.connection()).ask(words));
}

function refuseError(reply: Reply): Reply {
  if (reply instanceof ReplyError) throw new Error(reply.message);
  return reply;
}
