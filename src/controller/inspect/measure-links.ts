import pLimit, { type LimitFunction } from 'p-limit';
import type { ProbeResult } from '../../agents/probe/probe-task.ts';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import type { LinkMeasurement, MeasuredCondition, MeasureLinksOptions } from '../../network/link-measurement.ts';
import type { RunningNode } from '../../network/running-network.ts';
import { wilsonInterval } from '../../shared/wilson-interval.ts';
import type { Link } from '../../topology/model/topology.ts';
import { type Probe, runProbe } from './probe.ts';

/** Tolerance of a round trip, in addition to the relative one. */
const DELAY_TOLERANCE_MS = 1;
const RELATIVE_TOLERANCE = 0.05;
/** A port that nodes do not use. */
const DATAGRAM_PORT = 46_000;
/** After this long without a datagram, all have arrived. */
const DATAGRAM_QUIET_MS = 700;
/** A full segment without and with its headers, which pass through the same bottleneck. */
const SEGMENT_PAYLOAD_BYTES = 1_448;
const SEGMENT_WIRE_BYTES = 1_514;
/** On few cores, more measurements would wait for each other and measure that. */
const MAX_PARALLEL_MEASUREMENTS = 2;
const MAX_PARALLEL_STARTS = 4;

/** What is to be measured, and how to start a probe in a node's network. */
export interface LinkMeasurementTarget {
  links: readonly Link[];
  nodes: readonly RunningNode[];
  /** The link conditions in force. */
  active: readonly ActiveLinkConditions[];
  startProbe(node: RunningNode): Promise<Probe>;
}

/**
 * Measures both directions of every link, or the given ones, from a probe agent in each node's network, and compares them with
 * the link conditions in force.
 * @throws DevnetError `engine_failed`
 */
export async function measureLinks(
  { links, nodes, active, startProbe }: LinkMeasurementTarget,
  options: MeasureLinksOptions = {},
): Promise<LinkMeasurement[]> {
  const directions = (options.directions ?? listDirections(links)).map(([from, to]) => {
    const forward = active.find((one) => one.from === from && one.to === to) ?? { from, to };
    const backward = active.find((one) => one.from === to && one.to === from) ?? { from: to, to: from };
    return { forward, backward };
  });
  const names = new Set(directions.flatMap(({ forward }) => [forward.from, forward.to]));
  const probes = new Map<string, Probe>();
  const starts = pLimit(MAX_PARALLEL_STARTS);
  const measurements = pLimit(MAX_PARALLEL_MEASUREMENTS);
  // One at a time: a transfer's acknowledgements would wait behind a transfer in the other direction.
  const transfers = pLimit(1);
  let done = 0;
  try {
    await Promise.all(
      nodes
        .filter(({ name, state }) => names.has(name) && state === 'running')
        .map((node) => starts(async () => probes.set(node.name, await startProbe(node)))),
    );
    return await Promise.all(
      directions.map(({ forward, backward }) =>
        measurements(async () => {
          options.signal?.throwIfAborted();
          const found = await measureDirection(probes, forward, backward, transfers, options);
          options.progress?.(++done, directions.length);
          return found;
        }),
      ),
    );
  } finally {
    await Promise.all([...probes.values()].map((probe) => probe.remove()));
  }
}

async function measureDirection(
  probes: ReadonlyMap<string, Probe>,
  forward: ActiveLinkConditions,
  backward: ActiveLinkConditions,
  transfers: LimitFunction,
  { pings = 100, datagrams = 2_000, milliseconds = 3_000 }: MeasureLinksOptions,
): Promise<LinkMeasurement> {
  const { from, to } = forward;
  const result: LinkMeasurement = { from, to, conditions: forward };
  const [source, target] = [probes.get(from), probes.get(to)];
  if (!source || !target) return { ...result, trouble: `${source ? to : from} does not run` };
  if (forward.cut !== undefined || backward.cut !== undefined) return { ...result, trouble: 'it is cut' };
  const { host, port } = target.node;
  const pinged = await (await runProbe(source, { pings: { host, port, count: pings, milliseconds } })).result;
  if (pinged.error !== undefined) return { ...result, trouble: pinged.error };
  result.roundTrip = compareDelay((forward.delay ?? 0) + (backward.delay ?? 0), pinged.rtts ?? []);
  if (forward.rate !== undefined) {
    const task = { bulk: { host, port, rate: forward.rate, milliseconds } };
    const transferred = await transfers(async () => (await runProbe(source, task)).result);
    if (transferred.error !== undefined) return { ...result, trouble: transferred.error };
    result.rate = compareRate(forward.rate, transferred);
  }
  if (forward.loss !== undefined) {
    const { sent, arrived } = await countDatagrams(source, target, datagrams);
    result.loss = compareLoss(forward.loss, sent - arrived, sent);
  }
  return result;
}

async function countDatagrams(source: Probe, target: Probe, count: number): Promise<{ sent: number; arrived: number }> {
  const receiving = await runProbe(target, {
    receive: { port: DATAGRAM_PORT, quiet: DATAGRAM_QUIET_MS, milliseconds: 10 * count + 10_000 },
  });
  await receiving.ready;
  const { sent = 0 } = await (
    await runProbe(source, { send: { host: target.node.host, port: DATAGRAM_PORT, count, every: 1 } })
  ).result;
  const { received } = await receiving.result;
  return { sent, arrived: received?.[source.node.host]?.unique ?? 0 };
}

/**
 * Compares the median round trip with the sum of both delays. Not the mean: where packets are lost, a few round trips include
 * the wait for a retransmission, which is not part of the delay. The interval is between two ranks.
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

/** Compares a loss with Wilson's interval for `lost` of `sent`. */
export function compareLoss(asked: number, lost: number, sent: number): MeasuredCondition {
  const share = lost / sent;
  const { low, high } = wilsonInterval(share, sent);
  return { asked, measured: { value: share, low, high, of: sent }, outside: !(asked >= low && asked <= high) };
}

/** Compares a rate with that of the transferred bytes and their headers. */
export function compareRate(asked: number, { bytes = 0, seconds = 0 }: ProbeResult): MeasuredCondition {
  const value = (bytes * 8 * (SEGMENT_WIRE_BYTES / SEGMENT_PAYLOAD_BYTES)) / seconds;
  const [low, high] = [value * (1 - RELATIVE_TOLERANCE), value * (1 + RELATIVE_TOLERANCE)];
  return {
    asked,
    measured: { value, low, high, of: bytes },
    outside: !(Math.abs(value - asked) <= RELATIVE_TOLERANCE * asked),
  };
}

/** Lists both directions of every link, each once. */
export function listDirections(links: readonly Link[]): [string, string][] {
  const seen = new Map<string, [string, string]>();
  for (const { from, to } of links) {
    seen.set(`${from} ${to}`, [from, to]);
    seen.set(`${to} ${from}`, [to, from]);
  }
  return [...seen.values()];
}
