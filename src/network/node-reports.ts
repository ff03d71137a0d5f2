import pLimit from 'p-limit';
import type { NodeReport } from './links/node-report.ts';
import { disconnectStaleLinks, findStaleLinks } from './links/stale-links.ts';
import { namesByAddress } from './node-names.ts';
import { createPeerControl } from './peer-control/create-peer-control.ts';
import type { ListPeersOptions, PeerControl } from './peer-control/peer-control.ts';
import type { RunningNetwork, RunningNode } from './running-network.ts';

/** Nodes that are asked at the same time: a thousand at once would not all answer within the time for a reply. */
const MAX_PARALLEL_QUERIES = 128;

/**
 * Runs a query on every node that runs, many at a time.
 * @param kept controls by node, for the caller to close: their connections stay open for the next query. @default none stays
 * @returns an answer for each node, in order; undefined if it does not run
 */
export function queryNodes<T>(
  { dialer }: Pick<RunningNetwork, 'dialer'>,
  nodes: readonly RunningNode[],
  query: (control: PeerControl, node: RunningNode) => Promise<T>,
  kept?: Map<string, PeerControl>,
): Promise<(T | undefined)[]> {
  const names = new Set(nodes.map(({ name }) => name));
  const ask = async (node: RunningNode): Promise<T> => {
    const control = kept?.get(node.name) ?? createPeerControl(node, dialer, names);
    if (kept && kept.size < MAX_PARALLEL_QUERIES) kept.set(node.name, control);
    try {
      return await query(control, node);
    } finally {
      if (kept?.get(node.name) !== control) control.close();
    }
  };
  const limit = pLimit(MAX_PARALLEL_QUERIES);
  return Promise.all(nodes.map((node) => (node.state === 'running' ? limit(ask, node) : undefined)));
}

/**
 * Asks nodes for their peers. Nodes that do not run are reported as `down` without being asked. A connection whose other end is
 * gone does not count as connected; a node that takes one for live is asked to ping its peers, so that it notices.
 */
export async function readNodeReports(
  network: Pick<RunningNetwork, 'dialer' | 'addresses'>,
  nodes: readonly RunningNode[],
  options?: ListPeersOptions,
): Promise<NodeReport[]> {
  const names = namesByAddress(network);
  const reports = await listPeers(network, nodes, options);
  const stale = findStaleLinks(reports, names);
  if (stale.size === 0) return reports;
  const misled = nodes.filter(({ name }) => stale.has(name));
  const corrected = await listPeers(network, misled, { ...options, measureRoundTrips: true });
  const latest = new Map([...reports, ...corrected].map((report) => [report.node, report]));
  return disconnectStaleLinks([...latest.values()], names);
}

async function listPeers(
  network: Pick<RunningNetwork, 'dialer'>,
  nodes: readonly RunningNode[],
  options?: ListPeersOptions,
): Promise<NodeReport[]> {
  const reports = await queryNodes(network, nodes, (control) => control.list(options));
  return reports.map((report, index) => report ?? downReport((nodes[index] as RunningNode).name));
}

/** Returns the report of a node that does not run. */
export function downReport(node: string): NodeReport {
  return { node, source: 'down', peers: [] };
}
