import { askNode } from '../devnet/ask.ts';
import type { NodeReport } from '../devnet/drift.ts';
import { NodeClient } from '../devnet/node-client.ts';
import type { Backend, BackendNode } from './backend.ts';

/** `host:port` of each node, by name. */
export function addressesOf(nodes: readonly BackendNode[]): Map<string, string> {
  return new Map(nodes.map(({ name, host, port }) => [name, `${host}:${port}`]));
}

/** What each node says of its peers; those that do not run are not asked. */
export function askNodes({ route }: Pick<Backend, 'route'>, nodes: readonly BackendNode[]): Promise<NodeReport[]> {
  return Promise.all(
    nodes.map(async ({ name, state, host, port }): Promise<NodeReport> => {
      if (state !== 'running') return { node: name, by: 'down', peers: [] };
      const client = new NodeClient({ host, port, route });
      try {
        return (await askNode(client, name)).report;
      } finally {
        client.close();
      }
    }),
  );
}
