import type { RecordedLogEntry } from '../../../recording/recording-event.ts';

/** Messages that are kept. */
const MAX_MESSAGES = 2_000;

/** The first time that a node received a message. */
export interface Receipt {
  node: string;
  /** Name of the node that it came from; undefined where no node of the network has the address. */
  from: string | undefined;
  /** Links that the message had travelled. */
  hops: number;
  atMs: number;
}

/** A gossip message and who has received it. */
export interface GossipMessage {
  id: string;
  /** In the order in which the log has them. */
  receipts: Receipt[];
  byNode: Map<string, Receipt>;
  firstMs: number;
  lastMs: number;
}

/** The gossip messages of a run, from the log entries of the nodes that received them. */
export class GossipBook {
  readonly messages = new Map<string, GossipMessage>();
  readonly #nameByAddress: ReadonlyMap<string, string>;
  #names = new Set<string>();

  /** @param nameByAddress names of the nodes by `host:port`; grows */
  constructor(nameByAddress: ReadonlyMap<string, string>) {
    this.#nameByAddress = nameByAddress;
  }

  /** Messages in the order in which they were first received. */
  get list(): GossipMessage[] {
    return [...this.messages.values()];
  }

  get latest(): GossipMessage | undefined {
    return this.list.at(-1);
  }

  setNodes(names: readonly string[]): void {
    this.#names = new Set(names);
  }

  /** Adds a `gossip_received`. A node that restarted may receive a message again: the first time counts. */
  add(entry: RecordedLogEntry, atMs: number): void {
    const { node } = entry;
    const id = String(entry.id);
    let message = this.messages.get(id);
    if (!message) {
      message = { id, receipts: [], byNode: new Map(), firstMs: atMs, lastMs: atMs };
      this.messages.set(id, message);
      if (this.messages.size > MAX_MESSAGES) this.messages.delete(this.messages.keys().next().value!);
    }
    if (message.byNode.has(node)) return;
    const receipt = { node, from: this.#nameOf(String(entry.from ?? '')), hops: Number(entry.hops ?? 0), atMs };
    message.receipts.push(receipt);
    message.byNode.set(node, receipt);
    message.firstMs = Math.min(message.firstMs, atMs);
    message.lastMs = Math.max(message.lastMs, atMs);
  }

  dropBefore(untilMs: number): void {
    for (const [id, { lastMs }] of this.messages) if (lastMs < untilMs) this.messages.delete(id);
  }

  #nameOf(sender: string): string | undefined {
    return this.#names.has(sender) ? sender : this.#nameByAddress.get(sender);
  }
}

/** Progress of a message at a moment. */
export function progressAt({ receipts, firstMs }: GossipMessage, atMs: number) {
  const progress = { received: 0, hops: 0, tookMs: 0 };
  for (const receipt of receipts) {
    if (receipt.atMs > atMs) continue;
    progress.received++;
    progress.hops = Math.max(progress.hops, receipt.hops);
    progress.tookMs = Math.max(progress.tookMs, receipt.atMs - firstMs);
  }
  return progress;
}
