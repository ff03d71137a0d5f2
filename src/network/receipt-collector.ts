import type { LogEntry } from './log-entry.ts';
import type { RunningNetwork } from './running-network.ts';

/** That a node got a piece of news for the first time. */
export interface Receipt<Name extends string = string> {
  node: Name;
  /** By the node's own clock: ISO 8601, UTC, microseconds. */
  at: string;
  /** Milliseconds since the node that it was told to had it, to a microsecond. */
  ms: number;
  /** Links it had travelled. */
  hops: number;
}

export interface GossipResult<Name extends string = string> {
  id: string;
  /** In the order in which they got it; the first is that of the node it was told to. */
  receipts: Receipt<Name>[];
  /** How many nodes have it. */
  reached: number;
}

/** Sees in the nodes' log who got which news. It reads along from the first time it is asked until the devnet is down. */
export class ReceiptCollector {
  readonly #network: RunningNetwork;
  readonly #signal: AbortSignal;
  /** By the id of the news that is waited for. */
  readonly #listeners = new Map<string, (entry: LogEntry) => void>();
  readonly #rejecters = new Set<(cause: unknown) => void>();
  #reading = false;

  /** @param signal ends the reading */
  constructor(backend: RunningNetwork, signal: AbortSignal) {
    this.#network = backend;
    this.#signal = signal;
  }

  /**
   * Collects receipts from now on.
   * @param enough told after each receipt of those there are
   * @returns what was collected so far, a promise of there being enough, and the end of it
   */
  collect(
    id: string,
    enough: (receipts: readonly Receipt[]) => boolean,
  ): { receipts: Receipt[]; complete: Promise<void>; end: () => void } {
    const receipts: Receipt[] = [];
    let fail: (cause: unknown) => void = () => {};
    const complete = new Promise<void>((resolve, reject) => {
      fail = reject;
      this.#listeners.set(id, ({ node, time, fields }) => {
        receipts.push({ node, at: time, ms: 0, hops: Number(fields.hops ?? 0) });
        if (enough(receipts)) resolve();
      });
    });
    complete.catch(() => {}); // Told to whoever waits for it; it may fail before anybody does.
    this.#rejecters.add(fail);
    if (!this.#reading) void this.#readLog();
    const end = () => {
      this.#listeners.delete(id);
      this.#rejecters.delete(fail);
    };
    return { receipts, complete, end };
  }

  async #readLog(): Promise<void> {
    this.#reading = true;
    try {
      for await (const batch of await this.#network.readLog({ follow: true, signal: this.#signal })) {
        for (const entry of batch) {
          if (entry.event === 'gossip_received') this.#listeners.get(String(entry.fields.id))?.(entry);
        }
      }
    } catch (cause) {
      for (const fail of this.#rejecters) fail(cause);
    } finally {
      this.#reading = false;
    }
  }
}

/** Receipts in the order of their times, each with the time since the first of them. */
export function sortReceipts<Name extends string>(receipts: readonly Receipt<Name>[]): Receipt<Name>[] {
  const sorted = receipts.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const start = sorted[0] ? epochMicroseconds(sorted[0].at) : 0;
  return sorted.map((receipt) => ({ ...receipt, ms: (epochMicroseconds(receipt.at) - start) / 1_000 }));
}

/** Microseconds since the epoch, of a log entry's time. */
function epochMicroseconds(time: string): number {
  return Date.parse(`${time.slice(0, 19)}Z`) * 1_000 + Number(time.slice(20, 26));
}
