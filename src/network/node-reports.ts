import type { NodeReport } from './drift.ts';
import { NodeClient } from './peer-control/node-client.ts';
import { queryNode } from './peer-control/query-node.ts';
import type { RunningNetwork, RunningNode } from './running-network.ts';

/** Asks nodes for their peers, all at once. Nodes that do not run are reported as `down` without being asked. */
export function readNodeReports(
  { dialer }: Pick<RunningNetwork, 'dialer'>,
  nodes: readonly RunningNode[],
): Promise<NodeReport[]> {
  return Promise.all(
    nodes.map(async ({ name, state, host, port }): Promise<NodeReport> => {
      if (state !== 'running') return { node: name, source: 'down', peers: [] };
      const client = new NodeClient({ host, port, dialer });
      try {
        return (await queryNode(client, name)).report;
      } finally {
        client.close();
      }
    }),
  );
}
