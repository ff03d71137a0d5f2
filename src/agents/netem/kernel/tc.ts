import type { DirectedLinkConditions, LinkConditions } from '../state/link-state.ts';

/** Handle of our root queues; those with another handle are not ours. */
export const ROOT_HANDLE = 'de7e';

/** Rate of a class without a rate of its own: more than a veth carries. */
const UNLIMITED_BITS_PER_SECOND = 1e11;
/** Burst, as time at the rate: timers are no finer. */
const BURST_MS = 1;
const MIN_BURST_BYTES = 1_600;
/** Buffer, as time at the rate, as in a router. */
const BUFFER_MS = 100;
/** A buffer of less than two of the largest packets would lose every other one. */
const MIN_BUFFER_BYTES = 131_072;
/** Most delayed packets where no rate limits their number. */
const MAX_PACKETS_IN_FLIGHT = 20_000;
const SMALL_PACKET_BYTES = 500;
/** Without effect, as our classes do not share a rate; the kernel warns about the value that it would choose. */
const QUANTUM_BYTES = 65_536;

/** A queue as the kernel lists it. A root has no `parent`. */
export interface Qdisc {
  dev: string;
  kind: string;
  /** `de7e:`; `0:` is the kernel's default. */
  handle: string;
  parent?: string;
  root?: boolean;
}

/** Text for `tc -batch`. */
export interface TcBatches {
  /** Adds and changes; must run before the rules that send packets to what it adds. */
  before: string;
  /** Removes; must run after the rules that sent packets to what it removes are gone. */
  after: string;
  /** Interfaces that had no queue of ours before. */
  newlyManaged: string[];
  /** Queues that are not ours; their interfaces are left alone. */
  unmanaged: Qdisc[];
}

/** Returns the class for packets of a sender in any receiver's queue: the end of its address, unique in a network. */
export function tcClassId(sender: string): string {
  const [, , third, fourth] = sender.split('.').map(Number);
  return ((third as number) * 256 + (fourth as number)).toString(16);
}

/**
 * Returns the tc commands that apply conditions: at the interface that leads to each receiver, a queue with a class for each
 * sender. Existing queues are changed in place, so none is removed with packets in it, except that of a sender which has no
 * conditions any more. An interface towards which nothing is shaped any more gets back the queue that it had by itself.
 *
 * @param interfaces name of the interface that leads to each address
 * @param queues existing queues of these interfaces
 */
export function buildTcBatches(
  conditions: readonly DirectedLinkConditions[],
  interfaces: ReadonlyMap<string, string>,
  queues: readonly Qdisc[],
): TcBatches {
  const roots = new Map(queues.filter(({ root }) => root).map((queue) => [queue.dev, queue]));
  const isOurs = (dev: string): boolean => roots.get(dev)?.handle === `${ROOT_HANDLE}:`;
  const before: string[] = [];
  const declared = new Set<string>();
  const unmanaged = new Map<string, Qdisc>();
  const newlyManaged = new Set<string>();
  for (const { from, to, ...linkConditions } of conditions) {
    const dev = interfaces.get(to);
    if (dev === undefined) continue;
    const root = roots.get(dev);
    if (root && !isOurs(dev) && root.handle !== '0:') {
      unmanaged.set(dev, root);
      continue;
    }
    if (!isOurs(dev) && !newlyManaged.has(dev)) {
      newlyManaged.add(dev);
      // Packets without a class pass unchanged.
      before.push(`qdisc replace dev ${dev} root handle ${ROOT_HANDLE}: htb default 0`);
    }
    const id = `${ROOT_HANDLE}:${tcClassId(from)}`;
    declared.add(`${dev} ${id}`);
    before.push(`class replace dev ${dev} parent ${ROOT_HANDLE}: classid ${id} htb ${htbOptions(linkConditions)}`);
    before.push(`qdisc replace dev ${dev} parent ${id} ${leafQdisc(linkConditions)}`);
  }
  const shaped = new Set([...declared].map((key) => key.split(' ', 1)[0] as string));
  const unused = queues.filter(({ dev, root }) => root && isOurs(dev) && !shaped.has(dev));
  const after = queues
    .filter(
      ({ dev, parent }) =>
        isOurs(dev) && shaped.has(dev) && parent?.startsWith(`${ROOT_HANDLE}:`) && !declared.has(`${dev} ${parent}`),
    )
    .map(({ dev, parent }) => `class del dev ${dev} classid ${parent}`);
  return {
    before: joinLines(before),
    after: joinLines(after) + buildRemovalBatch(unused),
    newlyManaged: [...newlyManaged],
    unmanaged: [...unmanaged.values()],
  };
}

/** Returns the tc commands that remove our queues. */
export function buildRemovalBatch(queues: readonly Qdisc[]): string {
  const ours = queues.filter(({ root, handle }) => root && handle === `${ROOT_HANDLE}:`);
  return joinLines(ours.map(({ dev }) => `qdisc del dev ${dev} root handle ${ROOT_HANDLE}:`));
}

/** Returns the options of a class that limits a rate; without one, it limits nothing. */
export function htbOptions({ rate = UNLIMITED_BITS_PER_SECOND }: LinkConditions): string {
  const burst = Math.max(MIN_BURST_BYTES, Math.round((rate * BURST_MS) / 8_000));
  const bits = Math.round(rate);
  return `rate ${bits}bit ceil ${bits}bit burst ${burst} cburst ${burst} quantum ${QUANTUM_BYTES}`;
}

/** Returns the queue of a class: netem, where a condition needs it. */
export function leafQdisc(conditions: LinkConditions): string {
  const { delay = 0, jitter = 0, loss = 0, rate, duplicate = 0, reorder = 0, corrupt = 0 } = conditions;
  if (delay + jitter + loss + duplicate + reorder + corrupt === 0)
    return `bfifo limit ${bufferBytes(rate ?? UNLIMITED_BITS_PER_SECOND)}`;
  const limit =
    rate === undefined
      ? MAX_PACKETS_IN_FLIGHT
      : Math.ceil((bufferBytes(rate) + (rate * (delay + jitter)) / 8_000) / SMALL_PACKET_BYTES);
  return [
    `netem limit ${limit} delay ${toMicroseconds(delay)} ${toMicroseconds(jitter)}`,
    ...(loss > 0 ? [`loss ${toPercent(loss)}`] : []),
    `duplicate ${toPercent(duplicate)}`,
    ...(reorder > 0 ? [`reorder ${toPercent(reorder)}`] : []),
    // Named even when 0: what is left out keeps its value when a queue is changed in place.
    `corrupt ${toPercent(corrupt)}`,
    // With any rate, netem keeps the order of packets even if jitter gives one a shorter delay.
    `rate ${UNLIMITED_BITS_PER_SECOND}bit`,
  ].join(' ');
}

const bufferBytes = (rate: number): number => Math.max(MIN_BUFFER_BYTES, Math.round((rate * BUFFER_MS) / 8_000));
const toMicroseconds = (milliseconds: number): string => `${Math.round(milliseconds * 1_000)}us`;
const toPercent = (chance: number): string => `${Number((chance * 100).toFixed(6))}%`;
const joinLines = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
