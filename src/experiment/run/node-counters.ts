import { namesByAddress } from '../../network/node-names.ts';
import { queryNodes } from '../../network/node-reports.ts';
import type { PeerControl } from '../../network/peer-control/peer-control.ts';
import type { NodeAddress, RunningNetwork } from '../../network/running-network.ts';
import type { GossipCounters, LinkTraffic } from '../metrics/samples.ts';
import { sum } from '../metrics/statistics.ts';

/** Counters of a node since it was started. */
export interface NodeCounters extends GossipCounters {
  /** Traffic of the link to each peer that it dialed, both ways, by the peer's address. */
  peers: ReadonlyMap<string, LinkCounters>;
}

type LinkCounters = Pick<LinkTraffic, 'messages' | 'bytes'>;

export type CountersByNode = ReadonlyMap<string, NodeCounters>;

/** Reads the counters of a network's nodes. */
export class NodeCounterReader {
  readonly #network: Pick<RunningNetwork, 'addresses' | 'dialer'>;
  readonly #kept: Map<string, PeerControl> | undefined;

  /** @param keepConnections reads over connections that stay open until `close`, which suits nodes that send nothing unasked */
  constructor(network: Pick<RunningNetwork, 'addresses' | 'dialer'>, keepConnections: boolean) {
    this.#network = network;
    this.#kept = keepConnections ? new Map() : undefined;
  }

  /** Returns the counters of these nodes; undefined where one of them does not reply or does not count. */
  async read(nodes: readonly string[]): Promise<CountersByNode | undefined> {
    const { addresses, dialer } = this.#network;
    // Whether they run is not looked up: a node that does not run does not reply.
    const targets = nodes.map((name) => ({ name, state: 'running' as const, ...(addresses.get(name) as NodeAddress) }));
    const reports = await queryNodes({ dialer }, targets, (control) => control.readStatus(), this.#kept);
    const counters = reports.map(parseCounters);
    const known = counters.flatMap((one, index) => (one ? [[nodes[index]!, one] as const] : []));
    return known.length === nodes.length ? new Map(known) : undefined;
  }

  close(): void {
    for (const control of this.#kept?.values() ?? []) control.close();
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
      const total = (...keys: string[]) => sum(keys.map((key) => Number(peer[key] ?? 0)));
      const messages = total('messages_in', 'messages_out');
      return [String(peer.peer), { messages, bytes: total('bytes_in', 'bytes_out') }];
    }),
  );
  return { received, duplicates, forwarded, announced, bytes: sumBytes(links), peers: links };
}

const sumBytes = (links: ReadonlyMap<string, LinkCounters>): number =>
  sum([...links.values()].map(({ bytes }) => bytes));

const ZERO_LINK_COUNTERS: LinkCounters = { messages: 0, bytes: 0 };
export const ZERO_COUNTERS: NodeCounters = {
  received: 0,
  duplicates: 0,
  forwarded: 0,
  announced: 0,
  bytes: 0,
  peers: new Map(),
};

/** Adds the counters of two lifetimes of a node. */
export const addCounters = (one: NodeCounters, other: NodeCounters): NodeCounters =>
  combineCounters(one, other, 1, new Set([...one.peers.keys(), ...other.peers.keys()]));

/**
 * Subtracts earlier counters of a node from later ones, over the links that it has later. A link that was dialed again in
 * between counts from zero, which shows by its lower count.
 */
export const subtractCounters = (later: NodeCounters, earlier: NodeCounters): NodeCounters => {
  const kept = [...earlier.peers].filter(([peer, { bytes }]) => (later.peers.get(peer)?.bytes ?? -1) >= bytes);
  return combineCounters(later, { ...earlier, peers: new Map(kept) }, -1, later.peers.keys());
};

function combineCounters(
  one: NodeCounters,
  other: NodeCounters,
  sign: 1 | -1,
  addresses: Iterable<string>,
): NodeCounters {
  const combined = (key: Exclude<keyof GossipCounters, 'bytes'>) => one[key] + sign * other[key];
  const links = [...addresses].map((peer): [string, LinkCounters] => {
    const [a, b] = [one, other].map(({ peers }) => peers.get(peer) ?? ZERO_LINK_COUNTERS) as [
      LinkCounters,
      LinkCounters,
    ];
    return [peer, { messages: a.messages + sign * b.messages, bytes: a.bytes + sign * b.bytes }];
  });
  const peers = new Map(links);
  return {
    received: combined('received'),
    duplicates: combined('duplicates'),
    forwarded: combined('forwarded'),
    announced: combined('announced'),
    bytes: sumBytes(peers),
    peers,
  };
}

/** Returns the gossip counters of each node. */
export function countersByNode(counters: CountersByNode): Record<string, GossipCounters> {
  return Object.fromEntries([...counters].map(([node, { peers: _, ...gossip }]) => [node, gossip]));
}

/** Returns the traffic of each link between nodes of the network. */
export function countersByLink(counters: CountersByNode, network: Pick<RunningNetwork, 'addresses'>): LinkTraffic[] {
  const names = namesByAddress(network);
  return [...counters].flatMap(([from, { peers }]) =>
    [...peers].flatMap(([address, link]) => {
      const to = names.get(address);
      return to === undefined ? [] : { from, to, ...link };
    }),
  );
}

/** Adds up counters over all nodes. */
export function totalCounters(counters: ReadonlyMap<string, GossipCounters>): Omit<GossipCounters, 'bytes'> {
  const all = [...counters.values()];
  return {
    received: sum(all.map(({ received }) => received)),
    duplicates: sum(all.map(({ duplicates }) => duplicates)),
    forwarded: sum(all.map(({ forwarded }) => forwarded)),
    announced: sum(all.map(({ announced }) => announced)),
  };
}

/** Returns whether every copy of the messages has arrived. @param sent number of messages */
export function isIdle(counters: ReadonlyMap<string, GossipCounters>, sent: number): boolean {
  const { received, duplicates, forwarded } = totalCounters(counters);
  return received + duplicates === sent + forwarded;
}
