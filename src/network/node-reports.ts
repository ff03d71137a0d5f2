import type { NodeReport } from './drift.ts';
import { NodeClient } from './peer-control/node-client.ts';
import { queryNode } from './peer-control/query-node.ts';
import type { RunningNetwork, RunningNode } from './running-network.ts';

/** `host:port` of each node, by name. */
export function nodeAddresses(nodes: readonly RunningNode[]): Map<string, string> {
  return new Map(nodes.map(({ name, host, port }) => [name, `${host}:${port}`]));
}

/** What each node says of its peers; those that do not run are not asked. */
export function readNodeReports(
  { dialer: route }: Pick<RunningNetwork, 'dialer'>,
  nodes: readonly RunningNode[],
): Promise<NodeReport[]> {
  return Promise.all(
    nodes.map(async ({ name, state, host, port }): Promise<NodeReport> => {
      if (state !== 'running') return { node: name, source: 'down', peers: [] };
      const client = new NodeClient({ host, port, dialer: route });
      try {
        return (await queryNode(client, name)).report;
      } finally {
        client.close();
      }
    }),
  );
}
