import type { LogEntry } from '../../network/log-entry.ts';
import type { MessageSample } from '../metrics/samples.ts';

/** That a node got a piece of gossip for the first time, as its log says it. */
export interface LoggedReceipt {
  node: string;
  /** By the node's clock, microseconds since the epoch. */
  timeMicros: number;
  hops: number;
  /** As the node calls where it came from: a name, or an address. */
  from: string;
}

/** What the merged log said of who got what. */
export class ReceiptLog {
  readonly #byId = new Map<string, Map<string, LoggedReceipt>>();
  readonly #waiters = new Set<() => void>();
  #failure: unknown;

  /** Takes in the log until it ends; a failure is passed to whoever waits. */
  async follow(log: AsyncIterable<readonly LogEntry[]>): Promise<void> {
    try {
      for await (const entries of log) {
        for (const entry of entries) this.add(entry);
        this.#notifyWaiters();
      }
    } catch (cause) {
      this.#failure = cause;
      this.#notifyWaiters();
    }
  }

  add({ event, node, time, fields }: LogEntry): void {
    if (event !== 'gossip_received' || typeof fields.id !== 'string') return;
    const seen = this.#byId.get(fields.id) ?? new Map<string, LoggedReceipt>();
    this.#byId.set(fields.id, seen);
    // A node that was started again has forgotten what it had: the first time counts.
    if (seen.has(node)) return;
    seen.set(node, {
      node,
      timeMicros: parseMicroseconds(time),
      hops: Number(fields.hops ?? 0),
      from: String(fields.from ?? ''),
    });
  }

  get(id: string): LoggedReceipt[] {
    return [...(this.#byId.get(id)?.values() ?? [])];
  }

  /** How many there are of these pieces. */
  count(ids: readonly string[]): number {
    return ids.reduce((sum, id) => sum + (this.#byId.get(id)?.size ?? 0), 0);
  }

  /**
   * Waits for the next entries, at most so many milliseconds.
   * @returns whether there were any
   * @throws what the log failed with; the signal's reason
   */
  async waitForReceipt(most: number, signal: AbortSignal): Promise<boolean> {
    const told = () => {
      if (this.#failure !== undefined) throw this.#failure;
      signal.throwIfAborted();
    };
    told();
    const came = await new Promise<boolean>((resolve) => {
      const end = (came: boolean) => {
        clearTimeout(timer);
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve(came);
      };
      const wake = () => end(true);
      const timer = setTimeout(() => end(false), Math.max(0, most));
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
    told();
    return came;
  }

  #notifyWaiters(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}

/** Microseconds since the epoch, of a log entry's time. */
function parseMicroseconds(time: string): number {
  return Date.parse(`${time.slice(0, 19)}Z`) * 1_000 + Number(time.slice(20, 26));
}

/**
 * The sightings of a piece of gossip as a sample's receipts: earliest first, counted from the sender's own, each node
 * once, and without what came later than `within` milliseconds.
 * @param nodes all names, and the address each of them has for the others
 */
export function toMessageReceipts(
  sightings: readonly LoggedReceipt[],
  sender: string,
  nodes: ReadonlyMap<string, string>,
  within: number,
): Pick<MessageSample, 'receipts' | 'never'> {
  const own = sightings.find(({ node }) => node === sender);
  if (own === undefined) return { receipts: [], never: [...nodes.keys()] };
  const names = new Map([...nodes].map(([name, host]) => [host, name]));
  const others = sightings
    .filter(
      ({ node, timeMicros: time }) => node !== sender && nodes.has(node) && time - own.timeMicros <= within * 1_000,
    )
    .sort((one, other) => one.timeMicros - other.timeMicros);
  const receipts = [
    { node: sender, at: 0, hops: own.hops, from: null },
    ...others.map(({ node, timeMicros: time, hops, from }) => ({
      node,
      at: (time - own.timeMicros) / 1_000,
      hops,
      from: names.get(from) ?? from,
    })),
  ];
  const reached = new Set(receipts.map(({ node }) => node));
  return { receipts, never: [...nodes.keys()].filter((name) => !reached.has(name)) };
}
