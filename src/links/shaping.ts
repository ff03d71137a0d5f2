import type { Condition, Quality } from './state.ts';

/** The handle of the queue that is ours; a queue with another one is somebody else's. */
export const ROOT = 'de7e';

/** What a class without a rate of its own gets (bits a second): more than a veth carries. */
const UNLIMITED = 1e11;
/** What may leave at once (milliseconds of the rate): timers are no finer. */
const BURST = 1;
const MIN_BURST = 1_600;
/** What waits for a rate, as in a router (milliseconds of it); less than two of the largest packets would lose every other one. */
const BUFFER = 100;
const MIN_BUFFER = 131_072;
/** Packets that can be on their way, when no rate says how many. */
const ON_THE_WAY = 20_000;
const SMALL_PACKET = 500;
/** Only says who goes first where classes share; ours do not, and the kernel complains about what it would guess. */
const QUANTUM = 65_536;

/** A queue as the kernel lists it; `parent` is absent of a root. */
export interface Queue {
  dev: string;
  kind: string;
  /** `de7e:`; `0:` is the kernel's own default. */
  handle: string;
  parent?: string;
  root?: boolean;
}

/** Text for `tc -batch`. */
export interface Batches {
  /** Makes and changes; before the rules that send packets to what it makes. */
  before: string;
  /** Removes; after the rules that sent packets to it. */
  after: string;
  /** Interfaces that had no queue of ours. */
  fresh: string[];
  /** Interfaces whose queue is somebody else's, and which are left alone. */
  foreign: Queue[];
}

/** The class for what one sender sends, in the queue of any receiver: the end of its address, of which a network has no two. */
export function classOf(sender: string): string {
  const [, , third, fourth] = sender.split('.').map(Number);
  return ((third as number) * 256 + (fourth as number)).toString(16);
}

/**
 * What tc has to do so that packets fare as the conditions say: at the interface that leads to each receiver, a queue with a class
 * for each sender. What is there already is changed in place: no queue is removed while packets are in it, but that of a sender
 * without a condition any more.
 * @param interfaces of each receiver's address, that which leads to it
 * @param queues those of these interfaces that are there
 */
export function batchesOf(
  conditions: readonly Condition[],
  interfaces: ReadonlyMap<string, string>,
  queues: readonly Queue[],
): Batches {
  const roots = new Map(queues.filter(({ root }) => root).map((queue) => [queue.dev, queue]));
  const isOurs = (dev: string): boolean => roots.get(dev)?.handle === `${ROOT}:`;
  const before: string[] = [];
  const wanted = new Set<string>();
  const foreign = new Map<string, Queue>();
  const fresh = new Set<string>();
  for (const { from, to, ...quality } of conditions) {
    const dev = interfaces.get(to);
    if (dev === undefined) continue;
    const root = roots.get(dev);
    if (root && !isOurs(dev) && root.handle !== '0:') {
      foreign.set(dev, root);
      continue;
    }
    if (!isOurs(dev) && !fresh.has(dev)) {
      fresh.add(dev);
      // What has no class goes through untouched.
      before.push(`qdisc replace dev ${dev} root handle ${ROOT}: htb default 0`);
    }
    const id = `${ROOT}:${classOf(from)}`;
    wanted.add(`${dev} ${id}`);
    before.push(`class replace dev ${dev} parent ${ROOT}: classid ${id} htb ${limitOf(quality)}`);
    before.push(`qdisc replace dev ${dev} parent ${id} ${leafOf(quality)}`);
  }
  const after = queues
    .filter(({ dev, parent }) => isOurs(dev) && parent?.startsWith(`${ROOT}:`) && !wanted.has(`${dev} ${parent}`))
    .map(({ dev, parent }) => `class del dev ${dev} classid ${parent}`);
  return { before: text(before), after: text(after), fresh: [...fresh], foreign: [...foreign.values()] };
}

/** Removes all that is ours. */
export function removalBatch(queues: readonly Queue[]): string {
  const ours = queues.filter(({ root, handle }) => root && handle === `${ROOT}:`);
  return text(ours.map(({ dev }) => `qdisc del dev ${dev} root handle ${ROOT}:`));
}

function limitOf({ rate = UNLIMITED }: Quality): string {
  const burst = Math.max(MIN_BURST, Math.round((rate * BURST) / 8_000));
  const bits = Math.round(rate);
  return `rate ${bits}bit ceil ${bits}bit burst ${burst} cburst ${burst} quantum ${QUANTUM}`;
}

function leafOf(quality: Quality): string {
  const { delay = 0, jitter = 0, rate, duplicate = 0, reorder = 0, corrupt = 0 } = quality;
  if (delay + jitter + duplicate + reorder + corrupt === 0) return `bfifo limit ${bufferOf(rate ?? UNLIMITED)}`;
  const limit =
    rate === undefined ? ON_THE_WAY : Math.ceil((bufferOf(rate) + (rate * (delay + jitter)) / 8_000) / SMALL_PACKET);
  return [
    `netem limit ${limit} delay ${micros(delay)} ${micros(jitter)}`,
    `duplicate ${percent(duplicate)}`,
    ...(reorder > 0 ? [`reorder ${percent(reorder)}`] : []),
    // What is left out stays as it was when a queue is changed in place.
    `corrupt ${percent(corrupt)}`,
    // With a rate, however high, netem lets no packet overtake another because its delay came out shorter.
    `rate ${UNLIMITED}bit`,
  ].join(' ');
}

const bufferOf = (rate: number): number => Math.max(MIN_BUFFER, Math.round((rate * BUFFER) / 8_000));
const micros = (milliseconds: number): string => `${Math.round(milliseconds * 1_000)}us`;
const percent = (chance: number): string => `${Number((chance * 100).toFixed(6))}%`;
const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
