import type { NodeReport } from './drift.ts';
import { createPeerControl } from './peer-control/create-peer-control.ts';
import type { ListPeersOptions, PeerControl } from './peer-control/peer-control.ts';
import type { RunningNetwork, RunningNode } from './running-network.ts';

/** Runs a query on every node that runs, all at once. @returns an answer for each node, in order; undefined if it does not run */
export function queryNodes<T>(
  { dialer }: Pick<RunningNetwork, 'dialer'>,
  nodes: readonly RunningNode[],
  query: (control: PeerControl) => Promise<T>,
): Promise<(T | undefined)[]> {
  return Promise.all(
    nodes.map(async (node) => {
      if (node.state !== 'running') return undefined;
      const control = createPeerControl(node, dialer);
      try {
        return await query(control);
      } finally {
        control.close();
      }
    }),
  );
}

/** Asks nodes for their peers, all at once. Nodes that do not run are reported as `down` without being asked. */
export async function readNodeReports(
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
