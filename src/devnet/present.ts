import type { Engine } from '../engine/engine.ts';
import { DevnetError } from '../errors.ts';
import { askNode } from './ask.ts';
import type { NodeReport } from './drift.ts';
import { LABEL } from './labels.ts';
import { linkState } from './links.ts';
import { NodeClient } from './node-client.ts';
import { type Observed, observe } from './observe.ts';
import type { Present } from './plan.ts';
import { beingChanged } from './record.ts';
import { openRoute } from './route.ts';

/**
 * What there is of a devnet, for a plan to start from: the engine's view, and what its nodes say of their peers.
 * @param draft id of the caller's own draft of a record, which is not counted
 * @returns undefined when there is nothing, or nothing but a network that could not be removed
 * @throws DevnetError `name_taken` when it is being changed, or when only remains of it are left
 */
export async function findPresent(
  engine: Engine,
  name: string,
  images: Present['images'],
  draft?: string,
): Promise<Present | undefined> {
  const observed = await observe(engine, name);
  // The caller's own draft is nothing that runs; but alone it would be taken for the record.
  const others = observed?.containers.filter(({ id }) => id !== draft) ?? [];
  if (!observed || others.length === 0) return undefined;
  if (observed.applying && draft === undefined) throw beingChanged(name);
  if (!others.some(({ labels }) => labels[LABEL.role] === 'record')) {
    throw new DevnetError('name_taken', `remains of a devnet "${name}" are on the engine`, {
      hint: `devnet down ${name}`,
    });
  }
  const [reports, links] = await Promise.all([askAll(engine, observed), linkState(engine, observed)]);
  return { observed, reports, images, ...(links ? { links } : {}) };
}

/** What each of a devnet's nodes says of its peers; only those are dialed that run, on a network that stands. */
export async function askAll(engine: Engine, { network, relayId, nodes }: Observed): Promise<NodeReport[]> {
  const down = (node: string): NodeReport => ({ node, by: 'down', peers: [] });
  // Without its network, a node's address may be somebody else's by now.
  if (!network) return nodes.map(({ name }) => down(name));
  const route = await openRoute(engine, network, relayId);
  const asked = nodes.map(async ({ name, state, address, port }) => {
    if (state !== 'running') return down(name);
    const client = new NodeClient({ host: address, port, route });
    try {
      return (await askNode(client, name)).report;
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
