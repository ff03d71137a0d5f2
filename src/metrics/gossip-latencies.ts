import type { LogEntry } from '../network/log-entry.ts';
import { epochMicroseconds } from '../network/receipt-collector.ts';

/** Messages whose first receipt is remembered; the oldest beyond that are forgotten. */
const MAX_MESSAGES = 10_000;

/** Time that a message took from the first node that had it to another one. */
export interface GossipDelivery {
  id: string;
  node: string;
  /** Links that it had travelled. */
  hops: number;
  seconds: number;
}

/** Tells from a log, in the order of its times, how long gossip took to each node. */
export class GossipLatencies {
  /** Microseconds since the epoch of each message's first receipt. */
  readonly #firstAt = new Map<string, number>();

  /** Returns the deliveries that entries tell of: one for each receipt but a message's first. */
  add(entries: readonly LogEntry[]): GossipDelivery[] {
    return entries.flatMap(({ event, node, time, fields }) => {
      if (event !== 'gossip_received' || typeof fields.id !== 'string') return [];
      const { id } = fields;
      const at = epochMicroseconds(time);
      const firstAt = this.#firstAt.get(id);
      if (firstAt === undefined) {
        this.#remember(id, at);
        return [];
      }
      // Entries that came late may be earlier than the first that was seen.
      return [{ id, node, hops: Number(fields.hops ?? 0), seconds: Math.max(0, at - firstAt) / 1e6 }];
    });
  }

  #remember(id: string, at: number): void {
    this.#firstAt.set(id, at);
    if (this.#firstAt.size <= MAX_MESSAGES) return;
    const [oldest] = this.#firstAt.keys();
    this.#firstAt.delete(oldest as string);
  }
}
