import { earliestTime, processTimeMs } from '../shared/time/clock-offset.ts';
import type { LogEntry } from './log-entry.ts';
import type { RunningNetwork } from './running-network.ts';

/** The first time that a node received a gossip message, as its log says. */
export interface GossipReceipt {
  node: string;
  /** By the node's own clock: ISO 8601, UTC, microseconds. */
  at: string;
  /** Links that the message had travelled. */
  hops: number;
  /** Sender, as the node calls it: a name or an address. */
  from: string;
}

/** Collects from a network's log which nodes received which gossip messages. Only messages that are watched are kept. */
export class ReceiptCollector {
  /** Receipts by node, by message id. */
  readonly #watched = new Map<string, Map<string, GossipReceipt>>();
  readonly #waiters = new Set<() => void>();
  #following: Promise<void> | undefined;
  #failure: unknown;

  /**
   * Follows the log of a network, unless it does already. Resolves when no receipt can be missed from then on.
   * @param signal ends the reading
   */
  async follow(network: Pick<RunningNetwork, 'readLog' | 'clockOffset'>, signal: AbortSignal): Promise<void> {
    this.#following ??= network
      .clockOffset()
      // Receipts have times of their own, so no entry needs to wait for earlier ones of other nodes.
      .then((clock) =>
        network.readLog({ follow: true, since: earliestTime(processTimeMs(), clock), windowMs: 0, signal }),
      )
      .then((log) => void this.addAll(log))
      .catch((cause: unknown) => {
        this.#following = undefined;
        throw cause;
      });
    await this.#following;
  }

  /** Adds a log until it ends. If reading it fails, those who wait for receipts get the error. */
  async addAll(log: AsyncIterable<readonly LogEntry[]>): Promise<void> {
    try {
      for await (const entries of log) this.add(entries);
    } catch (cause) {
      this.#failure = cause;
      this.#wake();
    }
  }

  add(entries: readonly LogEntry[]): void {
    let added = false;
    for (const { event, node, time, fields } of entries) {
      const receipts = event === 'gossip_received' ? this.#watched.get(String(fields.id)) : undefined;
      // A node that was restarted has forgotten the message, and may receive it again: the first time counts.
      if (!receipts || receipts.has(node)) continue;
      receipts.set(node, { node, at: time, hops: Number(fields.hops ?? 0), from: String(fields.from ?? '') });
      added = true;
    }
    if (added) this.#wake();
  }

  /** Starts to collect the receipts of a message; call it before the message is sent. */
  watch(id: string): void {
    if (!this.#watched.has(id)) this.#watched.set(id, new Map());
  }

  /** Drops the receipts of a message. */
  unwatch(id: string): void {
    this.#watched.delete(id);
  }

  /** Returns the receipts of a message so far, in the order of their times, which is not that of their arrival. */
  receipts(id: string): GossipReceipt[] {
    return [...(this.#watched.get(id)?.values() ?? [])].sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
  }

  /** Counts the receipts of several messages. */
  count(ids: readonly string[]): number {
    return ids.reduce((sum, id) => sum + (this.#watched.get(id)?.size ?? 0), 0);
  }

  /**
   * Waits for the next receipts of any watched message.
   * @returns false when `timeoutMs` passed first
   * @throws what reading the log failed with; the signal's reason
   */
  async waitForMore(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    this.#throwIfOver(signal);
    const more = await new Promise<boolean>((resolve) => {
      const end = (result: boolean) => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve(result);
      };
      const wake = () => end(true);
      const timer = setTimeout(() => end(false), Math.max(0, timeoutMs));
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
    this.#throwIfOver(signal);
    return more;
  }

  #throwIfOver(signal: AbortSignal): void {
    if (this.#failure !== undefined) throw this.#failure;
    signal.throwIfAborted();
  }

  #wake(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}

/** Returns the microseconds since the epoch of a log entry's time. */
export function epochMicroseconds(time: string): number {
  return Date.parse(`${time.slice(0, 19)}Z`) * 1_000 + Number(time.slice(20, 26));
}
