import type { CompleteRun, GossipCounters, LinkTraffic, MessageSample } from './samples.ts';
import { mean, median, percentile } from './statistics.ts';

/** A figure of some runs of one cell. */
export interface Metric {
  /** As a heading. */
  title: string;
  /** Empty for a plain number. */
  unit: '%' | 'ms' | 'hops' | '';
  /** What it says, in a sentence. */
  description: string;
  /** Null where the runs have nothing to say of it, or where it is never. */
  compute(runs: readonly CompleteRun[]): number | null;
}

/** When so many percent of the nodes had a message, in milliseconds since the sender had it; Infinity: never. */
export function timeToReach(percent: number, { receipts, never }: MessageSample): number {
  const needed = Math.ceil((percent / 100) * (receipts.length + never.length));
  return receipts[needed - 1]?.at ?? Number.POSITIVE_INFINITY;
}

/** Milliseconds from the sender to each of the others that a message reached. */
export function deliveryLatencies({ receipts }: MessageSample): number[] {
  return receipts.slice(1).map(({ at }) => at);
}

/**
 * How large a part of the nodes have a message after each receipt: steps from the sender's own on. What seems to have come
 * before it was sent, by clocks that differ a little, came at once.
 */
export function coverageOverTime({ receipts, never }: MessageSample): { at: number; share: number }[] {
  const all = receipts.length + never.length;
  return receipts.map(({ at }, index) => ({ at: Math.max(0, at), share: (index + 1) / all }));
}

/** Of all of these runs. */
export const messagesOf = (runs: readonly CompleteRun[]): MessageSample[] => runs.flatMap(({ samples }) => samples);
const computeIfAny = <T>(values: readonly T[], statistic: (values: readonly T[]) => number): number | null =>
  values.length === 0 ? null : statistic(values);

const timeToReachMetric = (percent: number): Metric => ({
  title: `time to ${percent} %`,
  unit: 'ms',
  description: `Until ${percent} % of the nodes had it: the median over the messages, of which one that never got so far counts as never.`,
  compute: (runs) =>
    computeIfAny(
      messagesOf(runs).map((message) => timeToReach(percent, message)),
      median,
    ),
});

const latencyMetric = (percent: number): Metric => ({
  title: `latency ${percent === 100 ? 'max' : `p${percent}`}`,
  unit: 'ms',
  description: `From the sender to a node: ${percent === 100 ? 'the longest' : `${percent} % of all took no longer`}.`,
  compute: (runs) => computeIfAny(messagesOf(runs).flatMap(deliveryLatencies), (all) => percentile(all, percent)),
});

/** Of what all nodes counted, over all runs that counted: so much for each message and node. */
const gossipMetric = (
  title: string,
  about: string,
  share: (sums: GossipCounters & { told: number }) => number,
): Metric => ({
  title,
  unit: '',
  description: about,
  compute(runs) {
    const counted = runs.filter((run) => Object.keys(run.traffic).length > 0);
    const all = counted.flatMap((run) => Object.values(run.traffic));
    const sum = (of: keyof GossipCounters) => all.reduce((total, one) => total + one[of], 0);
    const sums = {
      received: sum('received'),
      duplicates: sum('duplicates'),
      forwarded: sum('forwarded'),
      announced: sum('announced'),
      bytes: sum('bytes'),
      told: counted.reduce((total, run) => total + run.messages, 0),
    };
    return sums.received === 0 ? null : share(sums);
  },
});

/** Bytes on all links of each node that has any, by node. */
export function bytesByNode(links: readonly LinkTraffic[]): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const link of links) {
    for (const node of [link.from, link.to]) bytes.set(node, (bytes.get(node) ?? 0) + link.bytes);
  }
  return bytes;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Of what went over the links: the mean over the runs in which that was counted. */
const linkTrafficMetric = (
  title: string,
  about: string,
  of: (run: { links: readonly LinkTraffic[]; received: number; told: number }) => number,
): Metric => ({
  title,
  unit: '',
  description: about,
  compute(runs) {
    const counted = runs.flatMap(({ links = [], traffic: counts, messages: told }) => {
      const received = sum(Object.values(counts).map((one) => one.received));
      return links.length > 0 && received > 0 ? [{ links, received, told }] : [];
    });
    return computeIfAny(counted, (all) => mean(all.map(of)));
  },
});

const graphMetric = (
  title: string,
  unit: Metric['unit'],
  about: string,
  of: (run: CompleteRun) => number | null,
): Metric => ({
  title,
  unit,
  description: about,
  compute(runs) {
    const values = runs.map(of);
    return values.includes(null) ? null : computeIfAny(values as number[], mean);
  },
});

/** Every figure by the name that files and tables give it. */
export const METRICS = {
  reached: {
    title: 'reached',
    unit: '%',
    description: 'Share of the nodes that a message reached in time, the sender included: the mean over the messages.',
    compute: (runs) =>
      computeIfAny(
        messagesOf(runs).map(({ receipts, never }) => (100 * receipts.length) / (receipts.length + never.length)),
        mean,
      ),
  },
  t50: timeToReachMetric(50),
  t90: timeToReachMetric(90),
  t99: timeToReachMetric(99),
  t100: timeToReachMetric(100),
  'latency-p50': latencyMetric(50),
  'latency-p90': latencyMetric(90),
  'latency-p99': latencyMetric(99),
  'latency-max': latencyMetric(100),
  hops: {
    title: 'hops',
    unit: 'hops',
    description: 'Links that a message travelled from the sender to a node, on average.',
    compute: (runs) =>
      computeIfAny(
        messagesOf(runs).flatMap(({ receipts }) => receipts.slice(1).map(({ hops }) => hops)),
        mean,
      ),
  },
  'hops-max': {
    title: 'most hops',
    unit: 'hops',
    description: 'Links to the node furthest away: the mean over the messages.',
    compute: (runs) =>
      computeIfAny(
        messagesOf(runs).map(({ receipts }) => Math.max(0, ...receipts.map(({ hops }) => hops))),
        mean,
      ),
  },
  duplicates: gossipMetric(
    'duplicates',
    'Copies of what it had already that a node got of each message that reached it, as the nodes counted them.',
    ({ received, duplicates }) => duplicates / received,
  ),
  copies: gossipMetric(
    'copies',
    'Copies sent of each message for each node that it reached: what spreading it cost.',
    ({ received, forwarded }) => forwarded / received,
  ),
  bytes: gossipMetric(
    'bytes',
    'Bytes on all links together of each message, for each node that it reached; with what links say to keep alive.',
    ({ received, bytes }) => bytes / received,
  ),
  lost: gossipMetric(
    'lost',
    'Copies sent of each message for each node that it reached that came nowhere: their link broke under way.',
    ({ received, duplicates, forwarded, told }) => (told + forwarded - received - duplicates) / received,
  ),
  redundancy: gossipMetric(
    'redundancy',
    'Copies of the news itself that were sent beyond the one that each node needs, as a part of those (relative message redundancy: Leitão, Pereira and Rodrigues 2007).',
    ({ received, forwarded, told }) => (received === told ? 0 : forwarded / (received - told) - 1),
  ),
  messages: linkTrafficMetric(
    'messages',
    'Messages of any kind on all links together, both ways, for each message told and node that it reached.',
    ({ links, received }) => sum(links.map((link) => link.messages)) / received,
  ),
  'link-max': linkTrafficMetric(
    'busiest link',
    'Bytes on the link with most of them, both ways, for each message told.',
    ({ links, told }) => Math.max(...links.map((link) => link.bytes)) / told,
  ),
  'node-max': linkTrafficMetric(
    'busiest node',
    'Bytes on all links of the node with most of them, whoever dialed, for each message told.',
    ({ links, told }) => Math.max(...bytesByNode(links).values()) / told,
  ),
  imbalance: linkTrafficMetric(
    'imbalance',
    'Bytes on all links of the busiest node, as many times those of a node on average.',
    ({ links }) => Math.max(...bytesByNode(links).values()) / mean([...bytesByNode(links).values()]),
  ),
  degree: graphMetric('degree', '', 'Different neighbours of a node, on average.', (run) => run.graph.degree),
  diameter: graphMetric('diameter', 'hops', 'Most hops between any two nodes.', (run) => run.graph.diameter),
  path: graphMetric('average path', 'hops', 'Hops between two nodes, on average.', (run) => run.graph.path),
  clustering: graphMetric(
    'clustering',
    '',
    'How many of the pairs of neighbours of a node are neighbours themselves, on average (Watts and Strogatz 1998).',
    (run) => run.graph.clustering,
  ),
  cut: graphMetric(
    'cut',
    '',
    'Fewest edges whose loss cuts the graph in two: its edge connectivity.',
    (run) => run.graph.cut,
  ),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];
/** Those that need no message. */
export const GRAPH_METRICS: readonly MetricName[] = ['degree', 'diameter', 'path', 'clustering', 'cut'];
export const DEFAULT_METRICS: readonly MetricName[] = ['reached', 't50', 't99', 't100', 'hops', 'duplicates', 'path'];

/** A figure as a table writes it: three digits or so, and never a false zero. */
export function formatMetric(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (size !== 0 && size < 0.0005) return value.toExponential(1);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}
