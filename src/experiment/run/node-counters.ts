import type { Dialer } from '../../network/dialer.ts';
import { NodeClient, NodeRequestError } from '../../network/peer-control/node-client.ts';
import type { GossipCounters, LinkTraffic } from '../metrics/samples.ts';
import type { NodeAddress } from './publish-gossip.ts';

/** How long a node may think about its counters, milliseconds. */
const REPLY_TIMEOUT_MS = 2_000;

/** What a node has counted since it was started. */
export interface NodeCounters extends GossipCounters {
  /** By the address of each peer that it has dialed: what went over that link since, both ways. */
  peers: ReadonlyMap<string, LinkCounters>;
}

type LinkCounters = Pick<LinkTraffic, 'messages' | 'bytes'>;

/** What every node has counted since it was started; undefined where one of them does not count. */
export async function readCounters(
  route: Dialer,
  addresses: readonly NodeAddress[],
): Promise<Map<string, NodeCounters> | undefined> {
  const counts = await Promise.all(
    addresses.map(async (address) => [address.node, await readNodeCounters(route, address)] as const),
  );
  const known = counts.flatMap(([node, traffic]) => (traffic ? [[node, traffic] as const] : []));
  return known.length === counts.length ? new Map(known) : undefined;
}

async function readNodeCounters(route: Dialer, { host, port }: NodeAddress): Promise<NodeCounters | undefined> {
  const client = new NodeClient({ host, port, dialer: route });
  try {
    const { message_type, payload } = await client.request({ message_type: 'get_status' }, REPLY_TIMEOUT_MS);
    return message_type === 'status' ? parseCounters(payload) : undefined;
  } catch (cause) {
    if (cause instanceof NodeRequestError) return undefined;
    throw cause;
  } finally {
    client.close();
  }
}

function parseCounters(payload: unknown): NodeCounters | undefined {
  const { counters, peers } = (payload ?? {}) as { counters?: Record<string, unknown>; peers?: unknown };
  const { gossip_received, gossip_duplicate, gossip_forwarded, gossip_announced = 0 } = counters ?? {};
  const numbers = [gossip_received, gossip_duplicate, gossip_forwarded, gossip_announced];
  if (!numbers.every((number) => typeof number === 'number')) return undefined;
  const [received, duplicates, forwarded, announced] = numbers as [number, number, number, number];
  const links = new Map(
    (Array.isArray(peers) ? peers : []).map((peer: Record<string, unknown>) => {
      const sum = (...keys: string[]) => keys.reduce((total, key) => total + Number(peer[key] ?? 0), 0);
      return [String(peer.peer), { messages: sum('messages_in', 'messages_out'), bytes: sum('bytes_in', 'bytes_out') }];
    }),
  );
  return { received, duplicates, forwarded, announced, bytes: sumBytes(links), peers: links };
}

const sumBytes = (links: ReadonlyMap<string, LinkCounters>): number =>
  [...links.values()].reduce((sum, link) => sum + link.bytes, 0);

const ZERO_LINK_COUNTERS: LinkCounters = { messages: 0, bytes: 0 };
export const ZERO_COUNTERS: NodeCounters = {
  received: 0,
  duplicates: 0,
  forwarded: 0,
  announced: 0,
  bytes: 0,
  peers: new Map(),
};

/** What was counted in two lives of a node together. */
export const addCounters = (one: NodeCounters, other: NodeCounters): NodeCounters =>
  combineCounters(one, other, 1, new Set([...one.peers.keys(), ...other.peers.keys()]));

/**
 * What was counted from one moment of a node's life to another, over the links that it has at the later one. A link that was
 * made anew between counts from nothing, which shows by its having less than before.
 */
export const subtractCounters = (now: NodeCounters, then: NodeCounters): NodeCounters => {
  const isNew = (peer: string, link: LinkCounters) => link.bytes < (then.peers.get(peer) ?? ZERO_LINK_COUNTERS).bytes;
  const same = [...then.peers].filter(([peer]) => now.peers.has(peer) && !isNew(peer, now.peers.get(peer)!));
  return combineCounters(now, { ...then, peers: new Map(same) }, -1, now.peers.keys());
};

function combineCounters(
  one: NodeCounters,
  other: NodeCounters,
  sign: 1 | -1,
  addresses: Iterable<string>,
): NodeCounters {
  const of = (key: Exclude<keyof GossipCounters, 'bytes'>) => one[key] + sign * other[key];
  const link = (peer: string): LinkCounters => {
    const [a, b] = [one.peers.get(peer) ?? ZERO_LINK_COUNTERS, other.peers.get(peer) ?? ZERO_LINK_COUNTERS];
    return { messages: a.messages + sign * b.messages, bytes: a.bytes + sign * b.bytes };
  };
  const peers = new Map([...addresses].map((peer) => [peer, link(peer)]));
  return {
    received: of('received'),
    duplicates: of('duplicates'),
    forwarded: of('forwarded'),
    announced: of('announced'),
    bytes: sumBytes(peers),
    peers,
  };
}

/** By node, without its links. */
export function countersByNode(counts: ReadonlyMap<string, NodeCounters>): Record<string, GossipCounters> {
  return Object.fromEntries([...counts].map(([node, { peers: _, ...traffic }]) => [node, traffic]));
}

/** What went over each link, in the order of the nodes. */
export function countersByLink(
  counts: ReadonlyMap<string, NodeCounters>,
  addresses: readonly NodeAddress[],
): LinkTraffic[] {
  const names = new Map(addresses.map(({ node, host, port }) => [`${host}:${port}`, node]));
  return [...counts].flatMap(([from, { peers }]) =>
    [...peers].flatMap(([address, link]) => {
      const to = names.get(address);
      return to === undefined ? [] : { from, to, ...link };
    }),
  );
}

/** Whether nothing is under way any more: all that was told or passed on has arrived, and has been counted as such. */
export function isIdle(counts: ReadonlyMap<string, GossipCounters>, told: number): boolean {
  const sum = (of: (one: GossipCounters) => number) => [...counts.values()].reduce((total, one) => total + of(one), 0);
  return sum(({ received, duplicates }) => received + duplicates) === told + sum(({ forwarded }) => forwarded);
}
