import pLimit, { type LimitFunction } from 'p-limit';
import type { Engine } from '../engine/engine.ts';
import type { ProbeResult } from '../probe/task.ts';
import { heldConditions, type LinkConditions } from './links.ts';
import type { Observed } from './observe.ts';
import { closeProbe, openProbe, type Probe, probe } from './probe.ts';

/** A figure with its interval: 95 times of 100, the true one is inside. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
  /** Round trips, datagrams or bytes that it rests on. */
  of: number;
}

/** What is asked of a figure beside what was measured. */
export interface Finding {
  asked: number;
  measured: Estimate;
  /** Further from what is asked than it may be. */
  outside: boolean;
}

/** One way of one link. */
export interface LinkMeasurement {
  from: string;
  to: string;
  /** What is asked for. */
  conditions: LinkConditions;
  /** Round trip of a ping, milliseconds: the delays of both ways, and what the node takes. */
  roundTrip?: Finding;
  /** Chance of a packet to be lost, 0–1. */
  loss?: Finding;
  /** Bits a second. */
  rate?: Finding;
  /** Why something could not be measured. */
  trouble?: string;
}

export interface MeasureOptions {
  /** Only these, from and to; absent: every way of every link. */
  ways?: readonly (readonly [string, string])[];
  /** Round trips a link. */
  pings?: number;
  /** Datagrams a way that has a loss. */
  datagrams?: number;
  /** Most time for the pings of one way, and about that of its bulk transfer, milliseconds. */
  milliseconds?: number;
  signal?: AbortSignal;
  progress?: (done: number, of: number) => void;
}

/** A round trip may be off by so much, whatever is asked (ms), or by this part of it. */
const DELAY_OFF = 1;
const PART_OFF = 0.05;
/** Beside what the node itself listens on. */
const PORT = 46_000;
/** Datagrams have all come when none has for so long, milliseconds. */
const QUIET = 700;
/** Bytes of headers around each full segment: those pass through the same bottleneck. */
const SEGMENT = 1_448;
const WIRE = 1_514;
/** Ways measured at once: on few cores, more would wait for each other and measure that. */
const PARALLEL = 2;

/**
 * Measures every way of every link, or those that are named, from a probe in the network of each node, and puts it beside what is asked for.
 * Nothing is changed but the links' load.
 * @throws DevnetError `engine_failed`
 */
export async function measure(
  engine: Engine,
  devnet: Observed,
  options: MeasureOptions = {},
): Promise<LinkMeasurement[]> {
  const held = await heldConditions(engine, devnet);
  const ways = (options.ways ?? waysOf(devnet)).map(([from, to]) => {
    const there = held.find((one) => one.from === from && one.to === to) ?? { from, to };
    const back = held.find((one) => one.from === to && one.to === from) ?? { from: to, to: from };
    return { there, back };
  });
  const names = new Set(ways.flatMap(({ there }) => [there.from, there.to]));
  const probes = new Map<string, Probe>();
  const limit = pLimit(4);
  const one = pLimit(PARALLEL);
  // A transfer one way would wait for its receipts behind another the other way.
  const bulkTurn = pLimit(1);
  let done = 0;
  try {
    await Promise.all(
      devnet.nodes
        .filter(({ name, state }) => names.has(name) && state === 'running')
        .map((node) => limit(async () => probes.set(node.name, await openProbe(engine, devnet, node)))),
    );
    return await Promise.all(
      ways.map(({ there, back }) =>
        one(async () => {
          options.signal?.throwIfAborted();
          const found = await measureWay(engine, probes, there, back, bulkTurn, options);
          options.progress?.(++done, ways.length);
          return found;
        }),
      ),
    );
  } finally {
    await Promise.all([...probes.values()].map((opened) => closeProbe(engine, opened)));
  }
}

async function measureWay(
  engine: Engine,
  probes: ReadonlyMap<string, Probe>,
  there: LinkConditions,
  back: LinkConditions,
  bulkTurn: LimitFunction,
  { pings = 100, datagrams = 2_000, milliseconds = 3_000 }: MeasureOptions,
): Promise<LinkMeasurement> {
  const { from, to } = there;
  const found: LinkMeasurement = { from, to, conditions: there };
  const [near, far] = [probes.get(from), probes.get(to)];
  if (!near || !far) return { ...found, trouble: `${near ? to : from} does not run` };
  if (there.cut !== undefined || back.cut !== undefined) return { ...found, trouble: 'it is cut' };
  const target = { host: far.node.address, port: far.node.port };
  const timed = await (await probe(engine, near, { pings: { ...target, count: pings, milliseconds } })).result;
  if (timed.error !== undefined) return { ...found, trouble: timed.error };
  found.roundTrip = judgeDelay((there.delay ?? 0) + (back.delay ?? 0), timed.rtts ?? []);
  if (there.rate !== undefined) {
    const task = { bulk: { ...target, rate: there.rate, milliseconds } };
    const moved = await bulkTurn(async () => (await probe(engine, near, task)).result);
    if (moved.error !== undefined) return { ...found, trouble: moved.error };
    found.rate = judgeRate(there.rate, moved);
  }
  if (there.loss !== undefined) {
    const lost = await countLoss(engine, near, far, datagrams);
    found.loss = judgeLoss(there.loss, lost.sent - lost.arrived, lost.sent);
  }
  return found;
}

async function countLoss(
  engine: Engine,
  near: Probe,
  far: Probe,
  count: number,
): Promise<{ sent: number; arrived: number }> {
  const receiving = await probe(engine, far, {
    receive: { port: PORT, quiet: QUIET, milliseconds: 10 * count + 10_000 },
  });
  await receiving.ready;
  const { sent = 0 } = await (
    await probe(engine, near, { send: { host: far.node.address, port: PORT, count, every: 1 } })
  ).result;
  const { received } = await receiving.result;
  return { sent, arrived: received?.[near.node.address]?.unique ?? 0 };
}

/**
 * Pure: the median round trip, and whether it is what both delays make together. Not the mean: where packets are lost a few
 * round trips hold the wait for a second try, which says nothing of the delay. The interval is that between two ranks.
 */
export function judgeDelay(asked: number, rtts: readonly number[]): Finding {
  const sorted = [...rtts].sort((a, b) => a - b);
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const reach = 0.98 * Math.sqrt(sorted.length);
  const value = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return {
    asked,
    measured: { value, low: at(middle - reach), high: at(middle + reach), of: sorted.length },
    outside: !(Math.abs(value - asked) <= Math.max(DELAY_OFF, PART_OFF * asked)),
  };
}

/** Pure: Wilson's interval for a chance, from `lost` of `sent`; outside when what is asked for is not in it. */
export function judgeLoss(asked: number, lost: number, sent: number): Finding {
  const z = 1.96;
  const part = lost / sent;
  const scale = 1 + z ** 2 / sent;
  const centre = (part + z ** 2 / (2 * sent)) / scale;
  const margin = (z * Math.sqrt((part * (1 - part)) / sent + z ** 2 / (4 * sent ** 2))) / scale;
  const [low, high] = [Math.max(0, centre - margin), Math.min(1, centre + margin)];
  return { asked, measured: { value: part, low, high, of: sent }, outside: !(asked >= low && asked <= high) };
}

/** Pure: bytes of messages, with the headers that went with them, in the time they took. */
export function judgeRate(asked: number, { bytes = 0, seconds = 0 }: ProbeResult): Finding {
  const value = (bytes * 8 * (WIRE / SEGMENT)) / seconds;
  const [low, high] = [value * (1 - PART_OFF), value * (1 + PART_OFF)];
  return { asked, measured: { value, low, high, of: bytes }, outside: !(Math.abs(value - asked) <= PART_OFF * asked) };
}

/** Both ways of every link, once each. */
export function waysOf({ topology }: Observed): [string, string][] {
  const seen = new Map<string, [string, string]>();
  for (const { from, to } of topology?.links ?? []) {
    seen.set(`${from} ${to}`, [from, to]);
    seen.set(`${to} ${from}`, [to, from]);
  }
  return [...seen.values()];
}
