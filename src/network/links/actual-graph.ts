import type { Link } from '../../topology/model/topology.ts';
import { namesByAddress, sortByNode } from '../node-names.ts';
import { downReport, readNodeReports } from '../node-reports.ts';
import type { RunningNetwork, RunningNode } from '../running-network.ts';
import { type Drift, findDrift } from './drift.ts';
import type { NodeReport } from './node-report.ts';

type GraphSource = Pick<RunningNetwork, 'topology' | 'addresses' | 'nodes' | 'dialer'>;

/** The graph as the nodes report it, nodes by name. */
export interface ActualGraph {
  nodes: RunningNode[];
  /** Links, as `from` dials `to`; `to` is an address where no node of the network has it. */
  links: Link[];
  /** Differences from the declared graph. */
  drift: Drift;
}

/** Asks every running node for its peers, and compares the graph with the declared one. Lists are in the topology's order. */
export async function readGraph(network: GraphSource): Promise<ActualGraph> {
  const nodes = await network.nodes();
  const names = namesByAddress(network);
  const reports = (await readNodeReports(network, nodes)).map((report) => ({
    ...report,
    peers: sortByNode(network, report.peers, ({ address }) => address),
  }));
  const seen = new Set(nodes.map(({ name }) => name));
  // Such as those on a host of a swarm that does not answer.
  const missing = network.topology.nodes.filter(({ name }) => !seen.has(name));
  return {
    nodes,
    links: reports.flatMap(({ node, peers }) =>
      peers.map(({ address }) => ({ from: node, to: names.get(address) ?? address })),
    ),
    drift: findDrift(network.topology.links, names, [...reports, ...missing.map(({ name }) => downReport(name))]),
  };
}

/**
 * Asks a node for its peers.
 * @returns names of the nodes that it is connected to, addresses where no node has them; none if the node does not run
 */
export async function readConnectedPeers(network: GraphSource, node: string): Promise<string[]> {
  const nodes = await network.nodes();
  const names = namesByAddress(network);
  const connectedPeers = ([report]: readonly NodeReport[]) =>
    report?.peers.flatMap(({ address, connected }) => (connected === false ? [] : (names.get(address) ?? address))) ??
    [];
  const own = nodes.filter(({ name }) => name === node);
  const peers = connectedPeers(await readNodeReports(network, own));
  // Only the other ends tell whether they are still the processes that the node connected to.
  const ends = nodes.filter(({ name }) => peers.includes(name) && name !== node);
  return ends.length === 0 ? peers : connectedPeers(await readNodeReports(network, [...own, ...ends]));
}
