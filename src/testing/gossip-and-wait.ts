import { epochMicroseconds, type GossipReceipt, type ReceiptCollector } from '../network/receipt-collector.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { publishGossip } from '../network/send-message.ts';
import type { Gossip } from '../protocol/index.ts';
import { raceSignal } from '../shared/time/race-signal.ts';

/** Time for the sender's own receipt to be read, once the others are there, milliseconds. A node of another make may log none. */
const SENDER_RECEIPT_TIMEOUT_MS = 500;

/** The first time that a node received a gossip message. */
export interface Receipt<Name extends string = string> {
  /** Name of the node that received it. */
  node: Name;
  /** By the node's own clock: ISO 8601, UTC, microseconds. */
  at: string;
  /** Milliseconds since the node that the message was published at had it, to a microsecond. */
  ms: number;
  /** Links that the message had travelled. */
  hops: number;
}

/** Result of `Devnet.gossip`. */
export interface GossipResult<Name extends string = string> {
  /** Id of the message. */
  id: string;
  /** Earliest first; the first receipt is that of the node that the message was published at. */
  receipts: Receipt<Name>[];
  /** Number of nodes that received it. */
  reached: number;
}

/** Publishes a gossip message at a node and waits until the nodes of `to` have received it, or the time passes. */
export async function gossipAndWait(
  network: RunningNetwork,
  collector: ReceiptCollector,
  from: string,
  gossip: Gossip,
  to: readonly string[],
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<{ receipts: Receipt[]; missing: string[] }> {
  const deadline = Date.now() + timeoutMs;
  const missing = () => {
    const received = new Set(collector.receipts(gossip.id).map(({ node }) => node));
    return to.filter((name) => !received.has(name));
  };
  const allReceived = async () => {
    while (missing().length > 0 && Date.now() < deadline) await collector.waitForMore(deadline - Date.now(), signal);
    // The sender has it first, but its line may be read after those of others.
    const isSenderMissing = () => !collector.receipts(gossip.id).some(({ node }) => node === from);
    const senderDeadline = Math.min(deadline, Date.now() + SENDER_RECEIPT_TIMEOUT_MS);
    while (isSenderMissing() && Date.now() < senderDeadline)
      await collector.waitForMore(senderDeadline - Date.now(), signal);
  };
  collector.watch(gossip.id);
  try {
    const received = allReceived();
    // Receipts are seen earlier than a node of another make confirms that it read the message.
    const published = publishGossip(network, from, gossip).then(() => received);
    await raceSignal(Promise.race([received, published]), signal);
    return { receipts: sortReceipts(collector.receipts(gossip.id)), missing: missing() };
  } finally {
    collector.unwatch(gossip.id);
  }
}

/** Sorts receipts by time, and adds to each the time since the first. */
function sortReceipts(receipts: readonly GossipReceipt[]): Receipt[] {
  const sorted = receipts.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const start = sorted[0] ? epochMicroseconds(sorted[0].at) : 0;
  return sorted.map(({ node, at, hops }) => ({ node, at, ms: (epochMicroseconds(at) - start) / 1_000, hops }));
}
