/** Decides what the network of a supervisor looks like, as text for the tools that make it. Nothing here touches the system. */
import { gatewayAddress, longestPrefixFor, macAddressOf, nodeAddress } from '../../../controller/state/address-plan.ts';
import type { NodeAddress } from '../../../network/running-network.ts';
import { formatSubnet, parseIPv4, parseSubnet, type Subnet, subnetSize } from '../../../shared/subnet.ts';
import type { Link, Topology, TopologyNode } from '../../../topology/index.ts';

/** The bridge that all nodes are on. It has its namespace for itself, so any name is free. */
export const BRIDGE = 'devnet0';
/** The range that subnets come from. A namespace is closed: whatever uses the same addresses outside is not reached. */
const SUBNET_POOL = parseSubnet('10.64.0.0/10') as Subnet;

/** Limit of the neighbours that a node gets an entry for: those of a large mesh would take longer to write than to ask for. */
export const MAX_NEIGHBOURS = 64;

/** Addresses of a network. */
export interface AddressPlan {
  subnet: Subnet;
  /** The supervisor's own address, on the bridge. */
  gateway: string;
  /** By name, in the topology's order. */
  addresses: ReadonlyMap<string, NodeAddress>;
}

/**
 * Gives every node an address.
 * @param random 0 to 1: chooses the subnet where the topology names none, so that the networks of one machine have different addresses
 */
export function planAddresses({ network, nodes }: Topology, random: number): AddressPlan {
  const subnet = network.subnet === undefined ? chooseSubnet(nodes.length, random) : parseSubnet(network.subnet);
  if (!subnet) throw new Error(`${network.subnet} is no subnet`);
  return {
    subnet,
    gateway: gatewayAddress(subnet),
    addresses: new Map(nodes.map(({ name, port }, index) => [name, { host: nodeAddress(subnet, index), port }])),
  };
}

function chooseSubnet(nodes: number, random: number): Subnet {
  const prefix = longestPrefixFor(nodes);
  const count = subnetSize(SUBNET_POOL.prefix) / subnetSize(prefix);
  return { base: SUBNET_POOL.base + Math.floor(random * count) * subnetSize(prefix), prefix };
}

/** Returns the batch for `ip` that makes the bridge. */
export function bridgeBatch({ subnet, gateway }: AddressPlan): string {
  return lines([
    'link set lo up',
    `link add ${BRIDGE} address ${macAddressOf(gateway)} type bridge`,
    `addr add ${gateway}/${subnet.prefix} dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
  ]);
}

/** Returns the batch for `ip` that makes a namespace for each of these nodes, with a cable to the bridge. */
export function cablesBatch(plan: AddressPlan, nodes: Iterable<string>): string {
  return lines(
    [...nodes].flatMap((name) => {
      const { host } = plan.addresses.get(name) as NodeAddress;
      const port = portName(plan, host);
      return [
        `netns add ${name}`,
        `link add ${port} master ${BRIDGE} type veth peer name eth0 netns ${name} address ${macAddressOf(host)}`,
        `link set ${port} up`,
        neighbour(host, BRIDGE),
      ];
    }),
  );
}

/** Returns the batch for `ip` that removes nodes. A namespace goes some time after its name, so its cable is removed first. */
export function removalBatch(plan: AddressPlan, nodes: Iterable<string>): string {
  return lines(
    [...nodes].flatMap((name) => {
      const { host } = plan.addresses.get(name) as NodeAddress;
      return [`link delete ${portName(plan, host)}`, `netns delete ${name}`];
    }),
  );
}

/** Returns the batch for `bridge` that tells the bridge which node is behind which port: it then needs no flooding to learn it. */
export function forwardingBatch(plan: AddressPlan, nodes: Iterable<string>): string {
  return lines(
    [...nodes].map((name) => {
      const { host } = plan.addresses.get(name) as NodeAddress;
      return `fdb add ${macAddressOf(host)} dev ${portName(plan, host)} master static`;
    }),
  );
}

/**
 * Returns the batch for `ip` that sets a node's interfaces up, in its namespace. It may be run again.
 * @param peers nodes that it has links with, either way
 */
export function nodeBatch({ subnet, gateway, addresses }: AddressPlan, node: string, peers: Iterable<string>): string {
  const hostOf = (name: string) => (addresses.get(name) as NodeAddress).host;
  const known = [...new Set(peers)].slice(0, MAX_NEIGHBOURS).map(hostOf);
  return lines([
    'link set lo up',
    `addr replace ${hostOf(node)}/${subnet.prefix} dev eth0`,
    'link set eth0 up',
    ...[gateway, ...known].map((host) => neighbour(host, 'eth0')),
  ]);
}

/** Returns the nodes that each node has links with, either way. */
export function peersByNode(links: readonly Link[]): Map<string, Set<string>> {
  const peers = new Map<string, Set<string>>();
  const add = (node: string, peer: string) => peers.set(node, (peers.get(node) ?? new Set()).add(peer));
  for (const { from, to } of links) {
    add(from, to);
    add(to, from);
  }
  return peers;
}

/** Returns the text of /etc/hosts: every node by its name. */
export function hostsFile({ addresses }: AddressPlan): string {
  return lines(['127.0.0.1 localhost', ...[...addresses].map(([name, { host }]) => `${host} ${name}`)]);
}

/** Returns the environment of a node's program. */
export function nodeEnvironment(
  { name: network, run }: { name: string; run: string },
  { name, port, env }: TopologyNode,
  gateway: string,
): Record<string, string> {
  return {
    DEVNET_NAME: name,
    DEVNET_PORT: String(port),
    DEVNET_ADMIN: gateway,
    ...env,
    // Last, since a node that answers for another network is taken for one.
    DEVNET_NETWORK: network,
    DEVNET_NETWORK_ID: run,
  };
}

/** Returns the subnet in CIDR form. */
export function subnetOf({ subnet }: AddressPlan): string {
  return formatSubnet({ base: subnet.base, prefix: subnet.prefix });
}

/**
 * Permanent entries do not count for the kernel's limit of neighbours (1,024 over all namespaces), and save a broadcast to every
 * port of the bridge. Others are asked for as always.
 */
function neighbour(host: string, device: string): string {
  return `neigh replace ${host} lladdr ${macAddressOf(host)} dev ${device} nud permanent`;
}

/** Returns the name of the bridge's port for the node with an address. */
function portName({ subnet }: AddressPlan, host: string): string {
  return `v${(parseIPv4(host) as number) - subnet.base - 1}`;
}

const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join('');
