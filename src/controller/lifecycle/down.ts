import pLimit from 'p-limit';
import { removeContainer } from '../../engine/containers.ts';
import { createContainerRemover, MAX_PARALLEL_CONTAINERS } from '../../engine/endpoint-count-workaround.ts';
import type { Engine } from '../../engine/engine.ts';
import { removeNetwork } from '../../engine/networks.ts';
import { clearLinkState } from '../links/netem-agent.ts';
import type { NetworkState } from '../state/network-state.ts';

/**
 * Removes a network: nodes, engine networks, and the records last, so that after an interruption the rest can be found and
 * the name stays taken until all is gone.
 * @param onRemoved called after each node with the number removed
 * @throws DevnetError `network_stuck`, `engine_failed`, `links_failed`
 */
export async function down(
  engine: Engine,
  devnet: NetworkState,
  onRemoved: (done: number) => void = () => {},
): Promise<void> {
  // The rules name the network's bridge, so they go first.
  await clearLinkState(engine, devnet);
  const limit = pLimit(MAX_PARALLEL_CONTAINERS);
  const networkIds = devnet.networks.map(({ id }) => id);
  const remove = createContainerRemover(engine, networkIds);
  const nodes = new Set(devnet.nodes.map((node) => node.containerId));
  const records = new Set(devnet.recordIds);
  let done = 0;
  await Promise.all(
    devnet.containers
      .filter(({ id }) => !records.has(id))
      .map(({ id }) =>
        limit(async () => {
          await remove(id);
          if (nodes.has(id)) onRemoved(++done);
        }),
      ),
  );
  const removals = await Promise.allSettled(networkIds.map((id) => removeNetwork(engine, id)));
  // An engine network that cannot be removed does not keep the name taken as well.
  for (const id of records) await removeContainer(engine, id);
  for (const removal of removals) if (removal.status === 'rejected') throw removal.reason;
}
