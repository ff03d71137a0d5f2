import pLimit from 'p-limit';
import type { ActiveLinkConditions } from '../../network/fault.ts';
import type { LinkMeasurement, MeasureLinksOptions } from '../../network/links/link-measurement.ts';
import type { RunningNode } from '../../network/running-network.ts';
import type { Link } from '../../topology/model/topology.ts';
import { compareDelay, compareLoss, compareRate } from './compare-conditions.ts';
import { type Probe, runProbe } from './probe.ts';
import { transferWindow } from './transfer-window.ts';

/** Ports that nodes do not use. */
const DATAGRAM_PORT = 46_000;
const TRANSFER_PORT = 46_001;
/** After this long without a datagram, all have arrived. */
const DATAGRAM_QUIET_MS = 700;
/** Datagrams of a probe are this long on the wire, and take up at most this part of a rate. */
const DATAGRAM_WIRE_BITS = 60 * 8;
const MAX_DATAGRAM_SHARE = 0.5;
/** A sender that waits for less than this part of the time is slower than the link. */
const MIN_WAITING_SHARE = 0.5;
/** On few cores, more pings would wait for each other and measure that. */
const MAX_PARALLEL_PINGS = 2;
const MAX_PARALLEL_STARTS = 4;

/** Input of a measurement: the links, and how to start a probe in a node's network. */
export interface LinkMeasurementTarget {
  links: readonly Link[];
  nodes: readonly RunningNode[];
  /** The link conditions in force. */
  active: readonly ActiveLinkConditions[];
  startProbe(node: RunningNode): Promise<Probe>;
}

/** One direction of a link: its conditions in force, those of the way back, and what was found. */
interface Direction {
  forward: ActiveLinkConditions;
  backward: ActiveLinkConditions;
  source: Probe | undefined;
  target: Probe | undefined;
  result: LinkMeasurement;
}

/**
 * Measures both directions of every link, or the given ones, from a probe agent in each node's network, and compares them with
 * the link conditions in force. Round trips come first, then losses, then rates, one transfer at a time: a ping would wait in the
 * queue that a transfer fills.
 * @throws DevnetError `engine_failed`
 */
export async function measureLinks(
  { links, nodes, active, startProbe }: LinkMeasurementTarget,
  options: MeasureLinksOptions = {},
): Promise<LinkMeasurement[]> {
  const activeOf = new Map(active.map((one) => [`${one.from} ${one.to}`, one]));
  const conditionsOf = (from: string, to: string) => activeOf.get(`${from} ${to}`) ?? { from, to };
  const pairs = options.directions ?? listDirections(links);
  const names = new Set(pairs.flat());
  const probes = new Map<string, Probe>();
  const starts = pLimit(MAX_PARALLEL_STARTS);
  const pings = pLimit(MAX_PARALLEL_PINGS);
  try {
    await Promise.all(
      nodes
        .filter(({ name, state }) => names.has(name) && state === 'running')
        .map((node) => starts(async () => probes.set(node.name, await startProbe(node)))),
    );
    const directions = pairs.map(([from, to]): Direction => {
      const forward = conditionsOf(from, to);
      const result = { from, to, conditions: forward };
      return { forward, backward: conditionsOf(to, from), source: probes.get(from), target: probes.get(to), result };
    });
    let done = 0;
    const finish = () => options.progress?.(++done, directions.length);
    await Promise.all(
      directions.map((direction) =>
        pings(async () => {
          options.signal?.throwIfAborted();
          await measureRoundTrip(direction, options);
          if (!hasMore(direction)) finish();
        }),
      ),
    );
    for (const direction of directions.filter(hasMore)) {
      options.signal?.throwIfAborted();
      await measureLoss(direction, options);
      await measureRate(direction, options);
      finish();
    }
    return directions.map(({ result }) => result);
  } finally {
    await Promise.all([...probes.values()].map((probe) => probe.remove()));
  }
}

/** Returns whether there is more to measure than the round trip. */
const hasMore = ({ forward, result }: Direction): boolean =>
  result.trouble === undefined && (forward.loss !== undefined || forward.rate !== undefined);

async function measureRoundTrip(
  { forward, backward, source, target, result }: Direction,
  { pings: count = 100, milliseconds = 3_000 }: MeasureLinksOptions,
): Promise<void> {
  if (!source || !target) {
    result.trouble = `${source ? forward.to : forward.from} does not run`;
    return;
  }
  if (forward.cut !== undefined || backward.cut !== undefined) {
    result.trouble = 'it is cut';
    return;
  }
  const addressOf = ({ node: { host, port } }: Probe) => ({ host, port });
  const task = { ...addressOf(target), own: addressOf(source), count, milliseconds };
  const { rtts = [], ownRtts = [], pingBytes, error } = await (await runProbe(source, { pings: task })).result;
  if (error !== undefined) {
    result.trouble = error;
    return;
  }
  // The kernel's token bucket lets a packet as small as a ping pass at once.
  const timeOn = ({ rate, proxied }: ActiveLinkConditions, bytes: number) =>
    rate === undefined || !proxied ? 0 : (bytes * 8_000) / rate;
  const { sent, received } = pingBytes ?? { sent: 0, received: 0 };
  const serializationMs = timeOn(forward, sent) + timeOn(backward, received);
  // To itself, a ping waits for the node and the probe; here also for the proxy, on each way that it delays.
  const waits = 1 + [forward, backward].filter(({ proxied }) => proxied).length / 2;
  result.roundTrip = compareDelay(roundTripOf(forward, backward), { rtts, ownRtts, waits, serializationMs });
}

async function measureLoss(
  { forward, source, target, result }: Direction,
  { datagrams: count = 2_000 }: MeasureLinksOptions,
): Promise<void> {
  if (forward.loss === undefined || !source || !target) return;
  // What waits for the rate would be dropped from its queue.
  const every = Math.max(1, (DATAGRAM_WIRE_BITS * 1_000) / (MAX_DATAGRAM_SHARE * (forward.rate ?? Infinity)));
  const receiving = await runProbe(target, {
    receive: { port: DATAGRAM_PORT, quiet: DATAGRAM_QUIET_MS, milliseconds: 10 * count * every + 10_000 },
  });
  await receiving.ready;
  const send = { host: target.node.host, port: DATAGRAM_PORT, count, every };
  const { sent = 0 } = await (await runProbe(source, { send })).result;
  const { received, unread = 0 } = await receiving.result;
  const arrived = Math.min(sent, (received?.[source.node.host]?.unique ?? 0) + unread);
  result.loss = compareLoss(forward.loss, sent - arrived, sent);
}

async function measureRate(
  { forward, backward, source, target, result }: Direction,
  { milliseconds = 3_000 }: MeasureLinksOptions,
): Promise<void> {
  const { rate } = forward;
  if (rate === undefined || !source || !target) return;
  const draining = await runProbe(target, {
    drain: { port: TRANSFER_PORT, ...transferWindow(rate, roundTripOf(forward, backward), milliseconds) },
  });
  await draining.ready;
  const flood = { host: target.node.host, port: TRANSFER_PORT };
  const [flooded, drained] = await Promise.all([
    runProbe(source, { flood }).then((run) => run.result),
    draining.result,
  ]);
  const error = flooded.error ?? drained.error;
  if (error !== undefined) result.trouble = error;
  else {
    const isHeldUp = !slowsTcp(forward) && !slowsTcp(backward) && (flooded.waiting ?? 1) >= MIN_WAITING_SHARE;
    result.rate = compareRate(rate, drained.counts ?? [], isHeldUp);
  }
}

const roundTripOf = (forward: ActiveLinkConditions, backward: ActiveLinkConditions): number =>
  (forward.delay ?? 0) + (backward.delay ?? 0);

/** Returns whether conditions make TCP slower than the rate: it takes lost and late packets for a sign of congestion. */
const slowsTcp = ({ loss, corrupt, reorder, jitter }: ActiveLinkConditions): boolean =>
  [loss, corrupt, reorder, jitter].some((condition) => condition !== undefined && condition > 0);

/** Lists both directions of every link, each once. */
export function listDirections(links: readonly Link[]): [string, string][] {
  const seen = new Map<string, [string, string]>();
  for (const { from, to } of links) {
    seen.set(`${from} ${to}`, [from, to]);
    seen.set(`${to} ${from}`, [to, from]);
  }
  return [...seen.values()];
}
