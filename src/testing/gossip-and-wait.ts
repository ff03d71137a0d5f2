import { type Receipt, type ReceiptCollector, sortReceipts } from '../network/receipt-collector.ts';
import type { Gossip } from '../protocol/index.ts';
import { DevnetError } from '../shared/errors.ts';
import { raceSignal } from '../shared/race-signal.ts';
import type { NodeHandle } from './node-handle.ts';

/** How far a piece of news came: who has it, in the order in which they got it, and who lacks it of those it was to reach. */
interface GossipReach {
  receipts: Receipt[];
  missing: string[];
}

/**
 * Tells a node a piece of news, and waits until those it is to reach have it or the time is over.
 * @param to names of nodes
 * @param timeout milliseconds
 * @throws DevnetError `node_unreachable` where the node cannot be told, or refuses it
 */
export async function gossipAndWait(
  teller: NodeHandle,
  gossip: ReceiptCollector,
  news: Gossip,
  to: readonly string[],
  { timeout, signal }: { timeout: number; signal: AbortSignal },
): Promise<GossipReach> {
  const lacking = (receipts: readonly Receipt[]) => {
    const have = new Set(receipts.map(({ node }) => node));
    return to.filter((name) => !have.has(name));
  };
  const watch = gossip.collect(news.id, (receipts) => lacking(receipts).length === 0);
  const late = AbortSignal.timeout(timeout);
  try {
    const told = sendGossip(teller, news, signal).then(() => watch.complete);
    await raceSignal(Promise.race([watch.complete, told]), AbortSignal.any([signal, late]));
  } catch (cause) {
    if (cause !== late.reason) throw cause;
  } finally {
    watch.end();
  }
  return { receipts: sortReceipts(watch.receipts), missing: lacking(watch.receipts) };
}

/** Resolves when a node took a piece of news and had nothing against it: gossip has no other reply. */
async function sendGossip(node: NodeHandle, news: Gossip, signal: AbortSignal): Promise<void> {
  const reply = await node.send('gossip', news, { signal });
  if (reply?.message_type !== 'error') return;
  throw new DevnetError('node_unreachable', `${node.name} refused the news: ${JSON.stringify(reply.payload)}`);
}
