import pLimit, { type LimitFunction } from 'p-limit';
import type { ProbeResult } from '../../agents/probe/probe-task.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import type { LinkMeasurement, MeasuredCondition, MeasureLinksOptions } from '../../network/link-measurement.ts';
import { readLinkConditions } from '../links/netem-agent.ts';
import type { NetworkState } from '../state/network-state.ts';
import { type ProbeContainer, removeProbeContainer, runProbe, startProbeContainer } from './probe-container.ts';

/** A round trip may be off by so much, whatever is asked (ms), or by this part of it. */
const DELAY_TOLERANCE_MS = 1;
const RELATIVE_TOLERANCE = 0.05;
/** Beside what the node itself listens on. */
const DATAGRAM_PORT = 46_000;
/** Datagrams have all come when none has for so long, milliseconds. */
const DATAGRAM_QUIET_MS = 700;
/** Bytes of headers around each full segment: those pass through the same bottleneck. */
const SEGMENT_PAYLOAD_BYTES = 1_448;
const SEGMENT_WIRE_BYTES = 1_514;
/** Ways measured at once: on few cores, more would wait for each other and measure that. */
const MAX_PARALLEL_MEASUREMENTS = 2;

/**
 * Measures every way of every link, or those that are named, from a probe in the network of each node, and puts it beside what is asked for.
 * Nothing is changed but the links' load.
 * @throws DevnetError `engine_failed`
 */
export async function measureLinks(
  engine: Engine,
  devnet: NetworkState,
  options: MeasureLinksOptions = {},
): Promise<LinkMeasurement[]> {
  const held = await readLinkConditions(engine, devnet);
  const ways = (options.directions ?? listDirections(devnet)).map(([from, to]) => {
    const there = held.find((one) => one.from === from && one.to === to) ?? { from, to };
    const back = held.find((one) => one.from === to && one.to === from) ?? { from: to, to: from };
    return { there, back };
  });
  const names = new Set(ways.flatMap(({ there }) => [there.from, there.to]));
  const probes = new Map<string, ProbeContainer>();
  const limit = pLimit(4);
  const one = pLimit(MAX_PARALLEL_MEASUREMENTS);
  // A transfer one way would wait for its receipts behind another the other way.
  const bulkTurn = pLimit(1);
  let done = 0;
  try {
    await Promise.all(
      devnet.nodes
        .filter(({ name, state }) => names.has(name) && state === 'running')
        .map((node) => limit(async () => probes.set(node.name, await startProbeContainer(engine, devnet, node)))),
    );
    return await Promise.all(
      ways.map(({ there, back }) =>
        one(async () => {
          options.signal?.throwIfAborted();
          const found = await measureDirection(engine, probes, there, back, bulkTurn, options);
          options.progress?.(++done, ways.length);
          return found;
        }),
      ),
    );
  } finally {
    await Promise.all([...probes.values()].map((opened) => removeProbeContainer(engine, opened)));
  }
}

async function measureDirection(
  engine: Engine,
  probes: ReadonlyMap<string, ProbeContainer>,
  there: ActiveLinkConditions,
  back: ActiveLinkConditions,
  bulkTurn: LimitFunction,
  { pings = 100, datagrams = 2_000, milliseconds = 3_000 }: MeasureLinksOptions,
): Promise<LinkMeasurement> {
  const { from, to } = there;
  const found: LinkMeasurement = { from, to, conditions: there };
  const [near, far] = [probes.get(from), probes.get(to)];
  if (!near || !far) return { ...found, trouble: `${near ? to : from} does not run` };
  if (there.cut !== undefined || back.cut !== undefined) return { ...found, trouble: 'it is cut' };
  const target = { host: far.node.address, port: far.node.port };
  const timed = await (await runProbe(engine, near, { pings: { ...target, count: pings, milliseconds } })).result;
  if (timed.error !== undefined) return { ...found, trouble: timed.error };
  found.roundTrip = compareDelay((there.delay ?? 0) + (back.delay ?? 0), timed.rtts ?? []);
  if (there.rate !== undefined) {
    const task = { bulk: { ...target, rate: there.rate, milliseconds } };
    const moved = await bulkTurn(async () => (await runProbe(engine, near, task)).result);
    if (moved.error !== undefined) return { ...found, trouble: moved.error };
    found.rate = compareRate(there.rate, moved);
  }
  if (there.loss !== undefined) {
    const lost = await countLostDatagrams(engine, near, far, datagrams);
    found.loss = compareLoss(there.loss, lost.sent - lost.arrived, lost.sent);
  }
  return found;
}

async function countLostDatagrams(
  engine: Engine,
  near: ProbeContainer,
  far: ProbeContainer,
  count: number,
): Promise<{ sent: number; arrived: number }> {
  const receiving = await runProbe(engine, far, {
    receive: { port: DATAGRAM_PORT, quiet: DATAGRAM_QUIET_MS, milliseconds: 10 * count + 10_000 },
  });
  await receiving.ready;
  const { sent = 0 } = await (
    await runProbe(engine, near, { send: { host: far.node.address, port: DATAGRAM_PORT, count, every: 1 } })
  ).result;
  const { received } = await receiving.result;
  return { sent, arrived: received?.[near.node.address]?.unique ?? 0 };
}

/**
 * Pure: the median round trip, and whether it is what both delays make together. Not the mean: where packets are lost a few
 * round trips hold the wait for a second try, which says nothing of the delay. The interval is that between two ranks.
 */
export function compareDelay(asked: number, rtts: readonly number[]): MeasuredCondition {
  const sorted = [...rtts].sort((a, b) => a - b);
  const at = (rank: number) => sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const reach = 0.98 * Math.sqrt(sorted.length);
  const value = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return {
    asked,
    measured: { value, low: at(middle - reach), high: at(middle + reach), of: sorted.length },
    outside: !(Math.abs(value - asked) <= Math.max(DELAY_TOLERANCE_MS, RELATIVE_TOLERANCE * asked)),
  };
}

/** Pure: Wilson's interval for a chance, from `lost` of `sent`; outside when what is asked for is not in it. */
export function compareLoss(asked: number, lost: number, sent: number): MeasuredCondition {
  const z = 1.96;
  const part = lost / sent;
  const scale = 1 + z ** 2 / sent;
  const centre = (part + z ** 2 / (2 * sent)) / scale;
  const margin = (z * Math.sqrt((part * (1 - part)) / sent + z ** 2 / (4 * sent ** 2))) / scale;
  const [low, high] = [Math.max(0, centre - margin), Math.min(1, centre + margin)];
  return { asked, measured: { value: part, low, high, of: sent }, outside: !(asked >= low && asked <= high) };
}

/** Pure: bytes of messages, with the headers that went with them, in the time they took. */
export function compareRate(asked: number, { bytes = 0, seconds = 0 }: ProbeResult): MeasuredCondition {
  const value = (bytes * 8 * (SEGMENT_WIRE_BYTES / SEGMENT_PAYLOAD_BYTES)) / seconds;
  const [low, high] = [value * (1 - RELATIVE_TOLERANCE), value * (1 + RELATIVE_TOLERANCE)];
  return {
    asked,
    measured: { value, low, high, of: bytes },
    outside: !(Math.abs(value - asked) <= RELATIVE_TOLERANCE * asked),
  };
}

/** Both ways of every link, once each. */
export function listDirections({ topology }: NetworkState): [string, string][] {
  const seen = new Map<string, [string, string]>();
  for (const { from, to } of topology?.links ?? []) {
    seen.set(`${from} ${to}`, [from, to]);
    seen.set(`${to} ${from}`, [to, from]);
  }
  return [...seen.values()];
}
