import { computeGraphMetrics, graphOf, minimumCut, type Topology } from '../../topology/index.ts';
import type { CompleteRun, GossipCounters, GraphSample, LinkTraffic, MessageSample } from './samples.ts';
import {
  bootstrapEstimate,
  type IntervalEstimate,
  mean,
  median,
  percentile,
  shareEstimate,
  sum,
  type TrialCount,
} from './statistics.ts';

/** A number that describes the runs of one cell. */
export interface Metric {
  /** Heading in tables and plots. */
  title: string;
  /** Empty for a plain number. */
  unit: '%' | '% of messages' | 'ms' | 'hops' | '';
  /** Definition, in a sentence. */
  description: string;
  /** The smallest part of an experiment that has a value of its own. */
  per: 'message' | 'run';
  /** Returns null where the runs do not hold the data for it; infinity stands for never. */
  compute(runs: readonly CompleteRun[]): number | null;
  /** Of a percentage of trials: how many there were and succeeded. Its interval is binomial, and that of others a bootstrap. */
  countTrials?(runs: readonly CompleteRun[]): TrialCount;
}

/** Share of the nodes, and the time in which a message has to reach them. */
export interface Deadline {
  /** Percentage of the nodes. */
  percent: number;
  timeMs: number;
}

/** Returns the milliseconds after which `percent` of the nodes had a message, counted from the sender; infinity: never. */
export function timeToReach(percent: number, { receipts, never }: MessageSample): number {
  // Rounded before, since 7 % of 100 is a little more than 7 in floating point.
  const needed = Math.ceil(Number(((percent / 100) * (receipts.length + never.length)).toFixed(9)));
  return receipts[needed - 1]?.at ?? Number.POSITIVE_INFINITY;
}

/** Returns the percentage of the nodes that a message reached, the sender included. */
export function percentReached({ receipts, never }: MessageSample): number {
  return (100 * receipts.length) / (receipts.length + never.length);
}

/** Returns the milliseconds from the sender to each of the other nodes that a message reached. */
export function deliveryLatencies({ receipts }: MessageSample): number[] {
  return receipts.slice(1).map(({ at }) => at);
}

/**
 * Returns the share of the nodes that have a message after each receipt, from the sender's own receipt on. Receipts that
 * seem to precede it, since clocks differ a little, count as simultaneous.
 */
export function coverageOverTime({ receipts, never }: MessageSample): { at: number; share: number }[] {
  const total = receipts.length + never.length;
  return receipts.map(({ at }, index) => ({ at: Math.max(0, at), share: (index + 1) / total }));
}

/** Returns the bytes on all links of each node that has any, whichever end dialed. */
export function bytesByNode(links: readonly LinkTraffic[]): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const link of links) {
    for (const node of [link.from, link.to]) bytes.set(node, (bytes.get(node) ?? 0) + link.bytes);
  }
  return bytes;
}

/** Computes the graph metrics of a topology. */
export function sampleGraph(topology: Topology): GraphSample {
  const graph = graphOf(topology);
  const { nodes, links, degree, diameter, averagePath, clustering } = computeGraphMetrics(graph);
  return {
    nodes,
    links,
    degree: degree.neighbours.mean,
    diameter,
    path: averagePath,
    clustering,
    cut: minimumCut(graph),
  };
}

export const messagesOf = (runs: readonly CompleteRun[]): MessageSample[] => runs.flatMap(({ samples }) => samples);

/** Remembers what each run contributes to a metric: an interval asks for it a thousand times. */
function oncePerRun<T>(of: (run: CompleteRun) => T): (run: CompleteRun) => T {
  const known = new WeakMap<CompleteRun, { contribution: T }>();
  return (run) => {
    const remembered = known.get(run) ?? { contribution: of(run) };
    known.set(run, remembered);
    return remembered.contribution;
  };
}

const orNull = <T>(values: readonly T[], statistic: (values: readonly T[]) => number): number | null =>
  values.length === 0 ? null : statistic(values);

/** A metric over a list of numbers that each message contributes to. */
const messageMetric = (
  title: string,
  unit: Metric['unit'],
  description: string,
  statistic: (values: readonly number[]) => number,
  valuesOf: (message: MessageSample) => number | number[],
): Metric => {
  const valuesOfRun = oncePerRun(({ samples }) => samples.flatMap(valuesOf));
  return {
    title,
    unit,
    description,
    per: 'message',
    compute: (runs) => orNull(([] as number[]).concat(...runs.map(valuesOfRun)), statistic),
  };
};

/** A percentage of trials, which each message has one or several of. */
const trialMetric = (
  title: string,
  unit: '%' | '% of messages',
  description: string,
  trialsOf: (message: MessageSample) => TrialCount,
): Metric => {
  const countTrials = (runs: readonly CompleteRun[]): TrialCount => {
    const counts = messagesOf(runs).map(trialsOf);
    return {
      successes: sum(counts.map(({ successes }) => successes)),
      trials: sum(counts.map(({ trials }) => trials)),
    };
  };
  const compute = (runs: readonly CompleteRun[]) => {
    const { successes, trials } = countTrials(runs);
    return trials === 0 ? null : (100 * successes) / trials;
  };
  return { title, unit, description, per: 'message', compute, countTrials };
};

const withinMetric = ({ percent, timeMs }: Deadline): Metric =>
  trialMetric(
    `${percent} % within ${timeMs} ms`,
    '% of messages',
    `Share of the messages that ${percent} % of the nodes had no later than ${timeMs} ms after the sender.`,
    (message) => ({ successes: timeToReach(percent, message) <= timeMs ? 1 : 0, trials: 1 }),
  );

const timeToReachMetric = (percent: number): Metric =>
  messageMetric(
    `time to ${percent} %`,
    'ms',
    `Time until ${percent} % of the nodes had a message: the median over the messages, where not reaching them counts as never.`,
    median,
    (message) => timeToReach(percent, message),
  );

const latencyMetric = (percent: number): Metric =>
  messageMetric(
    `latency ${percent === 100 ? 'max' : `p${percent}`}`,
    'ms',
    `Time from the sender to a node: ${percent === 100 ? 'the longest' : `${percent} % of all took no longer`}.`,
    (latencies) => percentile(latencies, percent),
    deliveryLatencies,
  );

/** Counters of all nodes together, and the number of messages. */
type GossipTotals = GossipCounters & { sent: number };

/** A metric over the counters of all nodes together, in the runs in which every node counted. */
const gossipMetric = (title: string, description: string, share: (totals: GossipTotals) => number): Metric => ({
  title,
  unit: '',
  description,
  per: 'run',
  compute(runs) {
    const totals = gossipTotals(runs.flatMap((run) => gossipOfRun(run) ?? []));
    return totals.received === 0 ? null : share(totals);
  },
});

function gossipTotals(counters: readonly GossipTotals[]): GossipTotals {
  const total = (key: keyof GossipTotals) => sum(counters.map((one) => one[key]));
  return {
    received: total('received'),
    duplicates: total('duplicates'),
    forwarded: total('forwarded'),
    announced: total('announced'),
    bytes: total('bytes'),
    sent: total('sent'),
  };
}

/** Adds up the counters of a run; undefined where some node did not count. */
const gossipOfRun = oncePerRun(({ traffic, messages }): GossipTotals | undefined => {
  const counters = Object.values(traffic).map((one) => ({ ...one, sent: 0 }));
  return counters.length === 0 ? undefined : { ...gossipTotals(counters), sent: messages };
});

/** A metric over the traffic of each link: the mean over the runs in which that was counted. */
const linkTrafficMetric = (
  title: string,
  description: string,
  ofCountedRun: (run: { links: readonly LinkTraffic[]; received: number; sent: number }) => number,
): Metric => {
  const ofRun = oncePerRun(({ links = [], traffic, messages: sent }) => {
    const received = sum(Object.values(traffic).map((one) => one.received));
    return links.length > 0 && received > 0 ? ofCountedRun({ links, received, sent }) : [];
  });
  return { title, unit: '', description, per: 'run', compute: (runs) => orNull(runs.flatMap(ofRun), mean) };
};

const graphMetric = (
  key: 'degree' | 'diameter' | 'path' | 'clustering' | 'cut',
  title: string,
  unit: Metric['unit'],
  description: string,
): Metric => ({
  title,
  unit,
  description,
  per: 'run',
  compute(runs) {
    const values = runs.map(({ graph }) => graph[key]);
    return values.includes(null) ? null : orNull(values as number[], mean);
  },
});

/** Every metric, by the name that files and tables give it. */
export const METRICS = {
  reached: trialMetric(
    'reached',
    '%',
    'Share of the nodes that a message reached in time, the sender included: the mean over the messages.',
    ({ receipts, never }) => ({ successes: receipts.length, trials: receipts.length + never.length }),
  ),
  t50: timeToReachMetric(50),
  t90: timeToReachMetric(90),
  t99: timeToReachMetric(99),
  t100: timeToReachMetric(100),
  'latency-p50': latencyMetric(50),
  'latency-p90': latencyMetric(90),
  'latency-p99': latencyMetric(99),
  'latency-max': latencyMetric(100),
  hops: messageMetric(
    'hops',
    'hops',
    'Links that a message travelled from the sender to a node, on average.',
    mean,
    ({ receipts }) => receipts.slice(1).map(({ hops }) => hops),
  ),
  'hops-max': messageMetric(
    'most hops',
    'hops',
    'Links that a message travelled to the node furthest away: the mean over the messages.',
    mean,
    ({ receipts }) => Math.max(0, ...receipts.map(({ hops }) => hops)),
  ),
  duplicates: gossipMetric(
    'duplicates',
    'Copies of a message that a node received after the first one, by the counters of the nodes.',
    ({ received, duplicates }) => duplicates / received,
  ),
  copies: gossipMetric(
    'copies',
    'Copies of a message sent, for each node that it reached.',
    ({ received, forwarded }) => forwarded / received,
  ),
  bytes: gossipMetric(
    'bytes',
    'Bytes on all links together, keepalives included, for each message and node that it reached.',
    ({ received, bytes }) => bytes / received,
  ),
  lost: gossipMetric(
    'lost',
    'Copies of a message sent that arrived nowhere because their link broke, for each node that it reached.',
    ({ received, duplicates, forwarded, sent }) => (sent + forwarded - received - duplicates) / received,
  ),
  redundancy: gossipMetric(
    'redundancy',
    'Copies of a message sent beyond the one that each node needs, as a share of those needed (relative message redundancy: Leitão, Pereira and Rodrigues 2007).',
    ({ received, forwarded, sent }) => (received === sent ? 0 : forwarded / (received - sent) - 1),
  ),
  messages: linkTrafficMetric(
    'messages',
    'Protocol messages of any kind on all links together, both ways, for each message and node that it reached.',
    ({ links, received }) => sum(links.map((link) => link.messages)) / received,
  ),
  'link-max': linkTrafficMetric(
    'busiest link',
    'Bytes on the busiest link, both ways, for each message.',
    ({ links, sent }) => Math.max(...links.map((link) => link.bytes)) / sent,
  ),
  'node-max': linkTrafficMetric(
    'busiest node',
    'Bytes on all links of the busiest node, whichever end dialed, for each message.',
    ({ links, sent }) => Math.max(...bytesByNode(links).values()) / sent,
  ),
  imbalance: linkTrafficMetric(
    'imbalance',
    'Bytes on all links of the busiest node, divided by the mean of all nodes.',
    ({ links }) => {
      const bytes = [...bytesByNode(links).values()];
      return Math.max(...bytes) / mean(bytes);
    },
  ),
  degree: graphMetric('degree', 'degree', '', 'Different neighbours of a node, on average.'),
  diameter: graphMetric('diameter', 'diameter', 'hops', 'Most hops between any two nodes.'),
  path: graphMetric('path', 'average path', 'hops', 'Hops between two nodes, on average.'),
  clustering: graphMetric(
    'clustering',
    'clustering',
    '',
    'Share of the pairs of neighbours of a node that are neighbours themselves, on average (Watts and Strogatz 1998).',
  ),
  cut: graphMetric('cut', 'cut', '', 'Fewest edges whose loss cuts the graph in two: its edge connectivity.'),
} as const satisfies Record<string, Metric>;

/** Name of a metric that the table has. */
export type FixedMetricName = keyof typeof METRICS;
/** Name of a metric, as in files of results. */
export type MetricName = FixedMetricName | `within-${string}`;
export const METRIC_NAMES = Object.keys(METRICS) as FixedMetricName[];
/** Metrics that need no messages. */
export const GRAPH_METRICS: readonly MetricName[] = ['degree', 'diameter', 'path', 'clustering', 'cut'];
export const DEFAULT_METRICS: readonly MetricName[] = ['reached', 't50', 't99', 't100', 'hops', 'duplicates', 'path'];

/** Returns the name of the metric that counts messages in time: `within-99-500ms`. */
export const withinMetricName = ({ percent, timeMs }: Deadline): MetricName => `within-${percent}-${timeMs}ms`;

/** Returns the deadline that a metric is about; undefined for those about none. */
export function deadlineOf(name: MetricName): Deadline | undefined {
  const [, percent, timeMs] = /^within-([\d.]+)-([\d.]+)ms$/.exec(name) ?? [];
  return timeMs === undefined ? undefined : { percent: Number(percent), timeMs: Number(timeMs) };
}

/** Returns a metric by its name. @throws RangeError for an unknown one */
export function metricNamed(name: MetricName): Metric {
  const deadline = deadlineOf(name);
  if (deadline) return withinMetric(deadline);
  if (Object.hasOwn(METRICS, name)) return METRICS[name as FixedMetricName];
  throw new RangeError(`unknown metric "${name}"`);
}

/**
 * Returns the parts of runs that are independent of each other, which intervals are computed from: whole runs, since the
 * messages of one run share its graph and time. A single run is split into its messages; intervals then cover how messages
 * differ, not how graphs do.
 */
export function independentUnits(name: MetricName, runs: readonly CompleteRun[]): CompleteRun[] {
  const [only, ...others] = runs;
  if (only === undefined || others.length > 0 || metricNamed(name).per === 'run') return [...runs];
  return only.samples.map((sample) => ({ ...only, samples: [sample] }));
}

/** Computes a metric of some runs with its interval. */
export function estimateMetric(name: MetricName, runs: readonly CompleteRun[]): IntervalEstimate {
  const { compute, countTrials } = metricNamed(name);
  const units = independentUnits(name, runs);
  if (countTrials) return scaleEstimate(shareEstimate(units.map((unit) => countTrials([unit]))), 100);
  return bootstrapEstimate(units, compute);
}

const scaleEstimate = ({ value, low, high }: IntervalEstimate, factor: number): IntervalEstimate => ({
  value: value && value * factor,
  low: low && low * factor,
  high: high && high * factor,
});

/** Returns the title of a metric with its unit: `time to 50 %, ms`. */
export function metricHeading(name: MetricName): string {
  const { title, unit } = metricNamed(name);
  return unit === '' || title.endsWith(unit) ? title : `${title}, ${unit}`;
}

/** Formats a value to about three digits, never rounding a value other than zero to zero. Null is unknown, infinity never. */
export function formatMetric(value: number | null): string {
  if (value === null) return '–';
  if (value === Number.POSITIVE_INFINITY) return NEVER;
  const size = Math.abs(value);
  if (size !== 0 && size < 0.0005) return value.toExponential(1);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}

/** Word of tables, plots and files for a time that never came. */
export const NEVER = 'never';
