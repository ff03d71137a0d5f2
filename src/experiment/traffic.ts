import { NodeClient, NodeSilent } from '../devnet/node-client.ts';
import type { Route } from '../devnet/route.ts';
import type { LinkTraffic, Traffic } from './sample.ts';
import type { Address } from './tell.ts';

/** How long a node may think about its counters, milliseconds. */
const PATIENCE = 2_000;

/** What a node has counted since it was started. */
export interface Count extends Traffic {
  /** By the address of each peer that it has dialed: what went over that link since, both ways. */
  peers: ReadonlyMap<string, LinkCount>;
}

type LinkCount = Pick<LinkTraffic, 'messages' | 'bytes'>;

/** What every node has counted since it was started; undefined where one of them does not count. */
export async function countTraffic(
  route: Route,
  addresses: readonly Address[],
): Promise<Map<string, Count> | undefined> {
  const counts = await Promise.all(
    addresses.map(async (address) => [address.node, await countOf(route, address)] as const),
  );
  const known = counts.flatMap(([node, traffic]) => (traffic ? [[node, traffic] as const] : []));
  return known.length === counts.length ? new Map(known) : undefined;
}

async function countOf(route: Route, { host, port }: Address): Promise<Count | undefined> {
  const client = new NodeClient({ host, port, route });
  try {
    const { message_type, payload } = await client.request({ message_type: 'get_status' }, PATIENCE);
    return message_type === 'status' ? readCount(payload) : undefined;
  } catch (cause) {
    if (cause instanceof NodeSilent) return undefined;
    throw cause;
  } finally {
    client.close();
  }
}

function readCount(payload: unknown): Count | undefined {
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
  return { received, duplicates, forwarded, announced, bytes: bytesOn(links), peers: links };
}

const bytesOn = (links: ReadonlyMap<string, LinkCount>): number =>
  [...links.values()].reduce((sum, link) => sum + link.bytes, 0);

const NO_LINK: LinkCount = { messages: 0, bytes: 0 };
export const NOTHING: Count = { received: 0, duplicates: 0, forwarded: 0, announced: 0, bytes: 0, peers: new Map() };

/** What was counted in two lives of a node together. */
export const plus = (one: Count, other: Count): Count =>
  combine(one, other, 1, new Set([...one.peers.keys(), ...other.peers.keys()]));

/**
 * What was counted from one moment of a node's life to another, over the links that it has at the later one. A link that was
 * made anew between counts from nothing, which shows by its having less than before.
 */
export const less = (now: Count, then: Count): Count => {
  const isNew = (peer: string, link: LinkCount) => link.bytes < (then.peers.get(peer) ?? NO_LINK).bytes;
  const same = [...then.peers].filter(([peer]) => now.peers.has(peer) && !isNew(peer, now.peers.get(peer)!));
  return combine(now, { ...then, peers: new Map(same) }, -1, now.peers.keys());
};

function combine(one: Count, other: Count, sign: 1 | -1, addresses: Iterable<string>): Count {
  const of = (key: Exclude<keyof Traffic, 'bytes'>) => one[key] + sign * other[key];
  const link = (peer: string): LinkCount => {
    const [a, b] = [one.peers.get(peer) ?? NO_LINK, other.peers.get(peer) ?? NO_LINK];
    return { messages: a.messages + sign * b.messages, bytes: a.bytes + sign * b.bytes };
  };
  const peers = new Map([...addresses].map((peer) => [peer, link(peer)]));
  return {
    received: of('received'),
    duplicates: of('duplicates'),
    forwarded: of('forwarded'),
    announced: of('announced'),
    bytes: bytesOn(peers),
    peers,
  };
}

/** By node, without its links. */
export function trafficOf(counts: ReadonlyMap<string, Count>): Record<string, Traffic> {
  return Object.fromEntries([...counts].map(([node, { peers: _, ...traffic }]) => [node, traffic]));
}

/** What went over each link, in the order of the nodes. */
export function linksOf(counts: ReadonlyMap<string, Count>, addresses: readonly Address[]): LinkTraffic[] {
  const names = new Map(addresses.map(({ node, host, port }) => [`${host}:${port}`, node]));
  return [...counts].flatMap(([from, { peers }]) =>
    [...peers].flatMap(([address, link]) => {
      const to = names.get(address);
      return to === undefined ? [] : { from, to, ...link };
    }),
  );
}

/** Whether nothing is under way any more: all that was told or passed on has arrived, and has been counted as such. */
export function isAtRest(counts: ReadonlyMap<string, Traffic>, told: number): boolean {
  const sum = (of: (one: Traffic) => number) => [...counts.values()].reduce((total, one) => total + of(one), 0);
  return sum(({ received, duplicates }) => received + duplicates) === told + sum(({ forwarded }) => forwarded);
}
