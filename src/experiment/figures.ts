import type { CompleteRun, LinkTraffic, MessageSample, Traffic } from './sample.ts';
import { mean, median, percentile } from './statistics.ts';

/** A figure of some runs of one cell. */
export interface Figure {
  /** As a heading. */
  title: string;
  /** Empty for a plain number. */
  unit: '%' | 'ms' | 'hops' | '';
  /** What it says, in a sentence. */
  about: string;
  /** Null where the runs have nothing to say of it, or where it is never. */
  of(runs: readonly CompleteRun[]): number | null;
}

/** When so many percent of the nodes had a message, in milliseconds since the sender had it; Infinity: never. */
export function timeTo(percent: number, { receipts, never }: MessageSample): number {
  const needed = Math.ceil((percent / 100) * (receipts.length + never.length));
  return receipts[needed - 1]?.at ?? Number.POSITIVE_INFINITY;
}

/** Milliseconds from the sender to each of the others that a message reached. */
export function latencies({ receipts }: MessageSample): number[] {
  return receipts.slice(1).map(({ at }) => at);
}

/**
 * How large a part of the nodes have a message after each receipt: steps from the sender's own on. What seems to have come
 * before it was sent, by clocks that differ a little, came at once.
 */
export function coverage({ receipts, never }: MessageSample): { at: number; share: number }[] {
  const all = receipts.length + never.length;
  return receipts.map(({ at }, index) => ({ at: Math.max(0, at), share: (index + 1) / all }));
}

/** Of all of these runs. */
export const messages = (runs: readonly CompleteRun[]): MessageSample[] => runs.flatMap(({ samples }) => samples);
const some = <T>(values: readonly T[], statistic: (values: readonly T[]) => number): number | null =>
  values.length === 0 ? null : statistic(values);

const time = (percent: number): Figure => ({
  title: `time to ${percent} %`,
  unit: 'ms',
  about: `Until ${percent} % of the nodes had it: the median over the messages, of which one that never got so far counts as never.`,
  of: (runs) =>
    some(
      messages(runs).map((message) => timeTo(percent, message)),
      median,
    ),
});

const latency = (percent: number): Figure => ({
  title: `latency ${percent === 100 ? 'max' : `p${percent}`}`,
  unit: 'ms',
  about: `From the sender to a node: ${percent === 100 ? 'the longest' : `${percent} % of all took no longer`}.`,
  of: (runs) => some(messages(runs).flatMap(latencies), (all) => percentile(all, percent)),
});

/** Of what all nodes counted, over all runs that counted: so much for each message and node. */
const traffic = (title: string, about: string, share: (sums: Traffic & { told: number }) => number): Figure => ({
  title,
  unit: '',
  about,
  of(runs) {
    const counted = runs.filter((run) => Object.keys(run.traffic).length > 0);
    const all = counted.flatMap((run) => Object.values(run.traffic));
    const sum = (of: keyof Traffic) => all.reduce((total, one) => total + one[of], 0);
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
export function loads(links: readonly LinkTraffic[]): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const link of links) {
    for (const node of [link.from, link.to]) bytes.set(node, (bytes.get(node) ?? 0) + link.bytes);
  }
  return bytes;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Of what went over the links: the mean over the runs in which that was counted. */
const wire = (
  title: string,
  about: string,
  of: (run: { links: readonly LinkTraffic[]; received: number; told: number }) => number,
): Figure => ({
  title,
  unit: '',
  about,
  of(runs) {
    const counted = runs.flatMap(({ links = [], traffic: counts, messages: told }) => {
      const received = sum(Object.values(counts).map((one) => one.received));
      return links.length > 0 && received > 0 ? [{ links, received, told }] : [];
    });
    return some(counted, (all) => mean(all.map(of)));
  },
});

const graph = (
  title: string,
  unit: Figure['unit'],
  about: string,
  of: (run: CompleteRun) => number | null,
): Figure => ({
  title,
  unit,
  about,
  of(runs) {
    const values = runs.map(of);
    return values.includes(null) ? null : some(values as number[], mean);
  },
});

/** Every figure by the name that files and tables give it. */
export const FIGURES = {
  reached: {
    title: 'reached',
    unit: '%',
    about: 'Share of the nodes that a message reached in time, the sender included: the mean over the messages.',
    of: (runs) =>
      some(
        messages(runs).map(({ receipts, never }) => (100 * receipts.length) / (receipts.length + never.length)),
        mean,
      ),
  },
  t50: time(50),
  t90: time(90),
  t99: time(99),
  t100: time(100),
  'latency-p50': latency(50),
  'latency-p90': latency(90),
  'latency-p99': latency(99),
  'latency-max': latency(100),
  hops: {
    title: 'hops',
    unit: 'hops',
    about: 'Links that a message travelled from the sender to a node, on average.',
    of: (runs) =>
      some(
        messages(runs).flatMap(({ receipts }) => receipts.slice(1).map(({ hops }) => hops)),
        mean,
      ),
  },
  'hops-max': {
    title: 'most hops',
    unit: 'hops',
    about: 'Links to the node furthest away: the mean over the messages.',
    of: (runs) =>
      some(
        messages(runs).map(({ receipts }) => Math.max(0, ...receipts.map(({ hops }) => hops))),
        mean,
      ),
  },
  duplicates: traffic(
    'duplicates',
    'Copies of what it had already that a node got of each message that reached it, as the nodes counted them.',
    ({ received, duplicates }) => duplicates / received,
  ),
  copies: traffic(
    'copies',
    'Copies sent of each message for each node that it reached: what spreading it cost.',
    ({ received, forwarded }) => forwarded / received,
  ),
  bytes: traffic(
    'bytes',
    'Bytes on all links together of each message, for each node that it reached; with what links say to keep alive.',
    ({ received, bytes }) => bytes / received,
  ),
  lost: traffic(
    'lost',
    'Copies sent of each message for each node that it reached that came nowhere: their link broke under way.',
    ({ received, duplicates, forwarded, told }) => (told + forwarded - received - duplicates) / received,
  ),
  redundancy: traffic(
    'redundancy',
    'Copies of the news itself that were sent beyond the one that each node needs, as a part of those (relative message redundancy: Leitão, Pereira and Rodrigues 2007).',
    ({ received, forwarded, told }) => (received === told ? 0 : forwarded / (received - told) - 1),
  ),
  messages: wire(
    'messages',
    'Messages of any kind on all links together, both ways, for each message told and node that it reached.',
    ({ links, received }) => sum(links.map((link) => link.messages)) / received,
  ),
  'link-max': wire(
    'busiest link',
    'Bytes on the link with most of them, both ways, for each message told.',
    ({ links, told }) => Math.max(...links.map((link) => link.bytes)) / told,
  ),
  'node-max': wire(
    'busiest node',
    'Bytes on all links of the node with most of them, whoever dialed, for each message told.',
    ({ links, told }) => Math.max(...loads(links).values()) / told,
  ),
  imbalance: wire(
    'imbalance',
    'Bytes on all links of the busiest node, as many times those of a node on average.',
    ({ links }) => Math.max(...loads(links).values()) / mean([...loads(links).values()]),
  ),
  degree: graph('degree', '', 'Different neighbours of a node, on average.', (run) => run.graph.degree),
  diameter: graph('diameter', 'hops', 'Most hops between any two nodes.', (run) => run.graph.diameter),
  path: graph('average path', 'hops', 'Hops between two nodes, on average.', (run) => run.graph.path),
  clustering: graph(
    'clustering',
    '',
    'How many of the pairs of neighbours of a node are neighbours themselves, on average (Watts and Strogatz 1998).',
    (run) => run.graph.clustering,
  ),
  cut: graph(
    'cut',
    '',
    'Fewest edges whose loss cuts the graph in two: its edge connectivity.',
    (run) => run.graph.cut,
  ),
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof FIGURES;
export const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[];
/** Those that need no message. */
export const GRAPH_FIGURES: readonly FigureName[] = ['degree', 'diameter', 'path', 'clustering', 'cut'];
export const DEFAULT_MEASURE: readonly FigureName[] = ['reached', 't50', 't99', 't100', 'hops', 'duplicates', 'path'];

/** A figure as a table writes it: three digits or so, and never a false zero. */
export function formatFigure(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  if (size !== 0 && size < 0.0005) return value.toExponential(1);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(digits)));
}
