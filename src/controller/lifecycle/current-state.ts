import type { Engine } from '../../engine/engine.ts';
import type { NodeReport } from '../../network/drift.ts';
import { NodeClient } from '../../network/peer-control/node-client.ts';
import { queryNode } from '../../network/peer-control/query-node.ts';
import { DevnetError } from '../../shared/errors.ts';
import { readLinkState } from '../links/netem-agent.ts';
import { openDialer } from '../peers/dialer.ts';
import { LABEL } from '../state/labels.ts';
import { changeInProgressError } from '../state/network-record.ts';
import { type NetworkState, observe } from '../state/network-state.ts';
import type { CurrentState } from './plan.ts';

/**
 * What there is of a devnet, for a plan to start from: the engine's view, and what its nodes say of their peers.
 * @param draft id of the caller's own draft of a record, which is not counted
 * @returns undefined when there is nothing, or nothing but a network that could not be removed
 * @throws DevnetError `name_taken` when it is being changed, or when only remains of it are left
 */
export async function readCurrentState(
  engine: Engine,
  name: string,
  images: CurrentState['imageIds'],
  draft?: string,
): Promise<CurrentState | undefined> {
  const observed = await observe(engine, name);
  // The caller's own draft is nothing that runs; but alone it would be taken for the record.
  const others = observed?.containers.filter(({ id }) => id !== draft) ?? [];
  if (!observed || others.length === 0) return undefined;
  if (observed.changing && draft === undefined) throw changeInProgressError(name);
  if (!others.some(({ labels }) => labels[LABEL.role] === 'record')) {
    throw new DevnetError('name_taken', `remains of a devnet "${name}" are on the engine`, {
      hint: `devnet down ${name}`,
    });
  }
  const [reports, links] = await Promise.all([queryAllNodes(engine, observed), readLinkState(engine, observed)]);
  return { networkState: observed, reports, imageIds: images, ...(links ? { links } : {}) };
}

/** What each of a devnet's nodes says of its peers; only those are dialed that run, on a network that stands. */
export async function queryAllNodes(
  engine: Engine,
  { network, tunnelId: relayId, nodes }: NetworkState,
): Promise<NodeReport[]> {
  const down = (node: string): NodeReport => ({ node, source: 'down', peers: [] });
  // Without its network, a node's address may be somebody else's by now.
  if (!network) return nodes.map(({ name }) => down(name));
  const route = await openDialer(engine, network, relayId);
  const asked = nodes.map(async ({ name, state, address, port }) => {
    if (state !== 'running') return down(name);
    const client = new NodeClient({ host: address, port, dialer: route });
    try {
      return (await queryNode(client, name)).report;
    } finally {
      client.close();
    }
  });
  try {
    return await Promise.all(asked);
  } finally {
    route.close();
  }
}
