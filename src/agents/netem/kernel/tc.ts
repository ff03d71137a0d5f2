import type { DirectedLinkConditions, LinkConditions } from '../state/link-state.ts';

/** The handle of the queue that is ours; a queue with another one is somebody else's. */
export const ROOT_HANDLE = 'de7e';

/** What a class without a rate of its own gets (bits a second): more than a veth carries. */
const UNLIMITED_BITS_PER_SECOND = 1e11;
/** What may leave at once (milliseconds of the rate): timers are no finer. */
const BURST_MS = 1;
const MIN_BURST_BYTES = 1_600;
/** What waits for a rate, as in a router (milliseconds of it); less than two of the largest packets would lose every other one. */
const BUFFER_MS = 100;
const MIN_BUFFER_BYTES = 131_072;
/** Packets that can be on their way, when no rate says how many. */
const MAX_PACKETS_IN_FLIGHT = 20_000;
const SMALL_PACKET_BYTES = 500;
/** Only says who goes first where classes share; ours do not, and the kernel complains about what it would guess. */
const QUANTUM_BYTES = 65_536;

/** A queue as the kernel lists it; `parent` is absent of a root. */
export interface Qdisc {
  dev: string;
  kind: string;
  /** `de7e:`; `0:` is the kernel's own default. */
  handle: string;
  parent?: string;
  root?: boolean;
}

/** Text for `tc -batch`. */
export interface TcBatches {
  /** Makes and changes; before the rules that send packets to what it makes. */
  before: string;
  /** Removes; after the rules that sent packets to it. */
  after: string;
  /** Interfaces that had no queue of ours. */
  newlyManaged: string[];
  /** Interfaces whose queue is somebody else's, and which are left alone. */
  unmanaged: Qdisc[];
}

/** The class for what one sender sends, in the queue of any receiver: the end of its address, of which a network has no two. */
export function tcClassId(sender: string): string {
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
export function buildTcBatches(
  conditions: readonly DirectedLinkConditions[],
  interfaces: ReadonlyMap<string, string>,
  queues: readonly Qdisc[],
): TcBatches {
  const roots = new Map(queues.filter(({ root }) => root).map((queue) => [queue.dev, queue]));
  const isOurs = (dev: string): boolean => roots.get(dev)?.handle === `${ROOT_HANDLE}:`;
  const before: string[] = [];
  const wanted = new Set<string>();
  const foreign = new Map<string, Qdisc>();
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
      before.push(`qdisc replace dev ${dev} root handle ${ROOT_HANDLE}: htb default 0`);
    }
    const id = `${ROOT_HANDLE}:${tcClassId(from)}`;
    wanted.add(`${dev} ${id}`);
    before.push(`class replace dev ${dev} parent ${ROOT_HANDLE}: classid ${id} htb ${htbOptions(quality)}`);
    before.push(`qdisc replace dev ${dev} parent ${id} ${leafQdisc(quality)}`);
  }
  const after = queues
    .filter(
      ({ dev, parent }) => isOurs(dev) && parent?.startsWith(`${ROOT_HANDLE}:`) && !wanted.has(`${dev} ${parent}`),
    )
    .map(({ dev, parent }) => `class del dev ${dev} classid ${parent}`);
  return {
    before: joinLines(before),
    after: joinLines(after),
    newlyManaged: [...fresh],
    unmanaged: [...foreign.values()],
  };
}

/** Removes all that is ours. */
export function buildRemovalBatch(queues: readonly Qdisc[]): string {
  const ours = queues.filter(({ root, handle }) => root && handle === `${ROOT_HANDLE}:`);
  return joinLines(ours.map(({ dev }) => `qdisc del dev ${dev} root handle ${ROOT_HANDLE}:`));
}

function htbOptions({ rate = UNLIMITED_BITS_PER_SECOND }: LinkConditions): string {
  const burst = Math.max(MIN_BURST_BYTES, Math.round((rate * BURST_MS) / 8_000));
  const bits = Math.round(rate);
  return `rate ${bits}bit ceil ${bits}bit burst ${burst} cburst ${burst} quantum ${QUANTUM_BYTES}`;
}

function leafQdisc(quality: LinkConditions): string {
  const { delay = 0, jitter = 0, rate, duplicate = 0, reorder = 0, corrupt = 0 } = quality;
  if (delay + jitter + duplicate + reorder + corrupt === 0)
    return `bfifo limit ${bufferBytes(rate ?? UNLIMITED_BITS_PER_SECOND)}`;
  const limit =
    rate === undefined
      ? MAX_PACKETS_IN_FLIGHT
      : Math.ceil((bufferBytes(rate) + (rate * (delay + jitter)) / 8_000) / SMALL_PACKET_BYTES);
  return [
    `netem limit ${limit} delay ${toMicroseconds(delay)} ${toMicroseconds(jitter)}`,
    `duplicate ${toPercent(duplicate)}`,
    ...(reorder > 0 ? [`reorder ${toPercent(reorder)}`] : []),
    // What is left out stays as it was when a queue is changed in place.
    `corrupt ${toPercent(corrupt)}`,
    // With a rate, however high, netem lets no packet overtake another because its delay came out shorter.
    `rate ${UNLIMITED_BITS_PER_SECOND}bit`,
  ].join(' ');
}

const bufferBytes = (rate: number): number => Math.max(MIN_BUFFER_BYTES, Math.round((rate * BUFFER_MS) / 8_000));
const toMicroseconds = (milliseconds: number): string => `${Math.round(milliseconds * 1_000)}us`;
const toPercent = (chance: number): string => `${Number((chance * 100).toFixed(6))}%`;
const joinLines = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
