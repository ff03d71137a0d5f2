import type { Samples } from '../../../recording/recording-event.ts';

const PROCESSOR = 'devnet_node_cpu_seconds_total';
const SENT = 'devnet_node_sent_bytes_total';

/** What all nodes together used from one count to the next. */
export interface UsageRate {
  fromMs: number;
  toMs: number;
  /** Cores. */
  processor: number;
  /** Bytes per second that nodes sent. */
  sent: number;
}

/** Rates of what nodes use, from the totals that a recording samples. */
export class UsageRates {
  readonly list: UsageRate[] = [];
  #counted: { atMs: number; samples: Samples } | undefined;

  /** @param atMs milliseconds since the epoch, ascending */
  add(samples: Samples, atMs: number): void {
    if (samples[PROCESSOR] === undefined && samples[SENT] === undefined) return;
    const before = this.#counted;
    this.#counted = { atMs, samples };
    const seconds = (atMs - (before?.atMs ?? atMs)) / 1_000;
    if (!before || seconds <= 0) return;
    const rateOf = (metric: string) => increase(before.samples[metric], samples[metric]) / seconds;
    this.list.push({ fromMs: before.atMs, toMs: atMs, processor: rateOf(PROCESSOR), sent: rateOf(SENT) });
  }

  /** Returns the rate at a moment; undefined where nothing was counted. */
  at(atMs: number): UsageRate | undefined {
    return this.list.findLast(({ fromMs, toMs }) => fromMs < atMs && atMs <= toMs);
  }

  dropBefore(atMs: number): void {
    const kept = this.list.findIndex(({ toMs }) => toMs >= atMs);
    this.list.splice(0, kept < 0 ? this.list.length : kept);
  }
}

/** Adds up how much the totals of nodes grew; a node that was restarted counts from zero. */
function increase(before: Record<string, number> = {}, after: Record<string, number> = {}): number {
  return Object.entries(after).reduce((sum, [node, total]) => {
    const earlier = before[node];
    return earlier === undefined ? sum : sum + (total < earlier ? total : total - earlier);
  }, 0);
}
