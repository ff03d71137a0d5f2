import { epochMicroseconds, type GossipReceipt } from '../../network/receipt-collector.ts';
import type { NodeAddress } from '../../network/running-network.ts';
import type { MessageSample } from '../metrics/samples.ts';

/**
 * Converts the receipts of a message to those of a sample: earliest first, relative to the sender's own, and without those
 * later than `withinMs`.
 * @param addresses of all nodes by name; receipts may name where they came from by the host
 */
export function toSampleReceipts(
  collected: readonly GossipReceipt[],
  sender: string,
  addresses: ReadonlyMap<string, NodeAddress>,
  withinMs: number,
): Pick<MessageSample, 'receipts' | 'never'> {
  const nodes = [...addresses.keys()];
  const own = collected.find(({ node }) => node === sender);
  if (own === undefined) return { receipts: [], never: nodes };
  const sentAt = epochMicroseconds(own.at);
  const namesByHost = new Map([...addresses].map(([name, { host }]) => [host, name]));
  const others = collected
    .filter(({ node }) => node !== sender && addresses.has(node))
    .map(({ node, at, hops, from }) => ({
      node,
      at: (epochMicroseconds(at) - sentAt) / 1_000,
      hops,
      from: namesByHost.get(from) ?? from,
    }))
    .filter(({ at }) => at <= withinMs)
    .sort((one, other) => one.at - other.at);
  const receipts = [{ node: sender, at: 0, hops: own.hops, from: null }, ...others];
  const reached = new Set(receipts.map(({ node }) => node));
  return { receipts, never: nodes.filter((node) => !reached.has(node)) };
}
