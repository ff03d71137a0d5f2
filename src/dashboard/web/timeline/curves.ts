import type { GossipMessage } from '../state/gossip-book.ts';
import { type RecordedRun, type TimeRange, upperBound } from '../state/recorded-run.ts';

/** Curves of a timeline, with one value for each time; null: that is still to come. */
export interface Curves {
  /** Seconds since the epoch. */
  times: number[];
  /** Log entries per second. */
  entries: (number | null)[];
  /** Receipts of gossip per second. */
  receipts: (number | null)[];
  /** Share of the nodes that have the latest message, 0–1; null before the first message. */
  coverage: (number | null)[];
  /** Cores that all nodes together use; null where it was not counted. */
  processor: (number | null)[];
  /** Bytes that all nodes together send per second; null where it was not counted. */
  sent: (number | null)[];
}

export interface CurveOptions extends TimeRange {
  /** Values after this are still to come. */
  nowMs: number;
  /** Number of values. */
  steps: number;
  /** Number of nodes. */
  nodes: number;
}

/** Computes the curves of a part of a run. */
export function computeCurves(run: RecordedRun, { fromMs, toMs, nowMs, steps, nodes }: CurveOptions): Curves {
  const width = (toMs - fromMs) / steps;
  const curves: Curves = { times: [], entries: [], receipts: [], coverage: [], processor: [], sent: [] };
  const messages = run.gossip.list.sort((a, b) => a.firstMs - b.firstMs);
  let message = -1;
  let [entriesBefore, receiptsBefore] = [upperBound(run.logTimes, fromMs), upperBound(run.receiptTimes, fromMs)];
  for (let step = 1; step <= steps; step++) {
    const end = fromMs + step * width;
    if (end - width > nowMs) {
      curves.times.push(end / 1_000);
      for (const curve of [curves.entries, curves.receipts, curves.coverage, curves.processor, curves.sent])
        curve.push(null);
      continue;
    }
    const [entries, receipts] = [upperBound(run.logTimes, end), upperBound(run.receiptTimes, end)];
    while (message + 1 < messages.length && messages[message + 1]!.firstMs <= end) message++;
    const latest = messages[message];
    curves.times.push(end / 1_000);
    curves.entries.push(((entries - entriesBefore) * 1_000) / width);
    curves.receipts.push(((receipts - receiptsBefore) * 1_000) / width);
    curves.coverage.push(latest && nodes > 0 ? upperBound(receiptTimesOf(latest), end) / nodes : null);
    const used = run.usage.at(end - width / 2);
    curves.processor.push(used?.processor ?? null);
    curves.sent.push(used?.sent ?? null);
    [entriesBefore, receiptsBefore] = [entries, receipts];
  }
  return curves;
}

const sortedTimes = new WeakMap<GossipMessage, number[]>();

/** Returns the times of a message's receipts, ascending. */
function receiptTimesOf(message: GossipMessage): number[] {
  let times = sortedTimes.get(message);
  if (times?.length !== message.receipts.length) {
    times = message.receipts.map(({ atMs }) => atMs).sort((a, b) => a - b);
    sortedTimes.set(message, times);
  }
  return times;
}
