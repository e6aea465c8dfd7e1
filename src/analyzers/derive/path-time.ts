import { quantile } from '../../core/units.ts';
import { burstsOf, type CommandPart, type CutCommand, partOf } from './bursts.ts';
import { classOf } from './command-table.ts';
import type { Conversation } from './conversation.ts';
import type { HttpRequest } from './http.ts';
import { type ListCost, listCostOf } from './list-cost.ts';
import type { Trace } from './trace.ts';

/** What the time of connections went to, in microseconds and, but for `wallUs`, without what the tracer added. */
export interface PathTime {
  /** As it was watched. */
  readonly wallUs: number;
  readonly untracedUs: number;
  /** Waiting for syncs, of whoever's writes. */
  readonly syncUs: number;
  /** Of that, for what these connections themselves wrote. */
  readonly ownSyncUs: number;
  /** Everything else by what was asked for. With `syncUs` they sum to `untracedUs`. */
  readonly partsUs: Readonly<Record<CommandPart, number>>;
  /** Commands of each part. */
  readonly counts: Readonly<Record<CommandPart, number>>;
  /** What each command takes by itself where nothing disturbs it, syncs apart: the lower quartile. */
  readonly usualUs: Readonly<Record<CommandPart, number>>;
  /** The reads of one key that a loop may consist of: those of the name that was sent most often. */
  readonly loopReads: { readonly us: number; readonly count: number };
  /** What long lists among the replies cost; absent where there are none. */
  readonly lists?: ListCost;
  /** Longest wait for syncs of one burst that waited for several: one long sync is a hiccup of the disk. */
  readonly worstBurstSyncUs: number;
}

export const PARTS: readonly CommandPart[] = ['scan', 'read', 'write', 'other'];
const SYNCS_OF_A_BURST = 5;
/**
 * What an untraced window says of the tracer's cost counts within these times of what its calls cost elsewhere: a load
 * that changed between the windows looks like a tracer that costs nothing, or a fortune.
 */
const MEASURED_WITHIN = { least: 0.5, most: 2 } as const;
/** The tracer took at most this part of what is no sync. */
const TRACER_AT_MOST = 0.95;

/**
 * On its way to the server and back, wake-ups included, a command takes up to about this long within a data centre. A
 * client that is not watched and takes longer was doing something else; of its time a usual trip is left then: half a
 * millisecond, as in Jeff Dean's "numbers everyone should know".
 */
const TRIP_US = 1000;
const USUAL_TRIP_US = 500;

/**
 * Undefined in a log without times, or when nothing was answered. Where no whole HTTP request was seen, it is the
 * commands that are slow: what their client did between them is no part of their time.
 */
export function timeOf(trace: Trace, conversations: readonly Conversation[]): PathTime | undefined {
  let known = computed.get(trace);
  if (!known) {
    known = new Map();
    computed.set(trace, known);
  }
  const key = conversations.map(numberOf).join();
  if (!known.has(key)) known.set(key, sumUp(trace, conversations));
  return known.get(key);
}

/** Rules ask for the same connections again. */
const computed = new WeakMap<Trace, Map<string, PathTime | undefined>>();
const numbers = new WeakMap<Conversation, number>();
let numbered = 0;

function numberOf(conversation: Conversation): number {
  const number = numbers.get(conversation) ?? ++numbered;
  numbers.set(conversation, number);
  return number;
}

function sumUp(trace: Trace, conversations: readonly Conversation[]): PathTime | undefined {
  const zero = (): Record<CommandPart, number> => ({ scan: 0, read: 0, write: 0, other: 0 });
  const own: Record<CommandPart, number[]> = { scan: [], read: [], write: [], other: [] };
  const readsByName = new Map<string, { us: number; count: number }>();
  let wallUs = 0;
  let syncUs = 0;
  let ownSyncUs = 0;
  let tracerUs = 0;
  let worstBurstSyncUs = 0;
  const ofCommands = !trace.http.some(isWhole);
  for (const conversation of conversations) {
    for (const { commands } of burstsOf(trace, conversation)) {
      let waitedUs = 0;
      let waits = 0;
      for (const cut of commands) {
        const waited = syncOf(cut);
        const us = ofCommands ? cut.us - clientsOwn(cut) : cut.us;
        wallUs += us;
        syncUs += waited;
        ownSyncUs += cut.layers.sync;
        tracerUs += cut.layers.tracer;
        waitedUs += waited;
        if (waited > 0) waits++;
        const ownUs = Math.max(0, us - waited - cut.layers.tracer);
        const { name } = cut.command;
        own[partOf(name)].push(ownUs);
        if (classOf(name) === 'read-one') {
          const same = readsByName.get(name) ?? { us: 0, count: 0 };
          readsByName.set(name, { us: same.us + ownUs, count: same.count + 1 });
        }
      }
      if (waits >= SYNCS_OF_A_BURST) worstBurstSyncUs = Math.max(worstBurstSyncUs, waitedUs);
    }
  }
  if (wallUs <= 0) return undefined;
  const rest = wallUs - syncUs - tracerUs;
  const restUs = wallUs - syncUs - tracerCost(trace, { wallUs, tracerUs, others: wallUs - syncUs });
  const scale = rest > 0 ? restUs / rest : 0;
  const [partsUs, counts, usualUs] = [zero(), zero(), zero()];
  for (const part of PARTS) {
    partsUs[part] = own[part].reduce((a, b) => a + b, 0) * scale;
    counts[part] = own[part].length;
    usualUs[part] = (quantile(own[part], 0.25) ?? 0) * scale;
  }
  const most = [...readsByName.values()].reduce((a, b) => (b.count > a.count ? b : a), { us: 0, count: 0 });
  const loopReads = { us: most.us * scale, count: most.count };
  const untracedUs = syncUs + restUs;
  const lists = listCostOf(conversations.flatMap((each) => burstsOf(trace, each)));
  return {
    ...{ wallUs, untracedUs, syncUs, ownSyncUs, partsUs, counts, usualUs, loopReads, worstBurstSyncUs },
    ...(lists ? { lists } : {}),
  };
}

/** Of the connection that most time was spent on. */
export function longestTime(trace: Trace): PathTime | undefined {
  let longest: PathTime | undefined;
  for (const conversation of trace.conversations) {
    const time = timeOf(trace, [conversation]);
    if (time && time.wallUs > (longest?.wallUs ?? 0)) longest = time;
  }
  return longest;
}

export function commandsOf({ counts }: PathTime): number {
  return PARTS.reduce((sum, part) => sum + counts[part], 0);
}

function isWhole({ answered, startUs, endUs, commands }: HttpRequest): boolean {
  return answered && startUs !== undefined && endUs !== undefined && commands.length > 0;
}

function clientsOwn({ layers }: CutCommand): number {
  return layers.clientWaits + (layers.client > TRIP_US ? layers.client - USUAL_TRIP_US : 0);
}

function syncOf({ layers }: CutCommand): number {
  return layers.sync + layers.syncOfOthers;
}

/** In the kernel a call costs the same everywhere; what strace costs depends on the machine, so a measurement counts. */
function tracerCost(
  { source, slowdown }: Trace,
  { wallUs, tracerUs, others }: { wallUs: number; tracerUs: number; others: number },
): number {
  const most = others * TRACER_AT_MOST;
  if (slowdown === undefined || source === 'bpf') return Math.min(most, tracerUs);
  const { least, most: times } = MEASURED_WITHIN;
  const measured = Math.min(tracerUs * times, Math.max(tracerUs * least, wallUs - wallUs / slowdown));
  return Math.min(most, measured);
}
