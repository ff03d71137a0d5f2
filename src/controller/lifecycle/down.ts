import pLimit from 'p-limit';
import { removeContainer } from '../../engine/containers.ts';
import { createContainerRemover, MAX_PARALLEL_CONTAINERS } from '../../engine/endpoint-count-workaround.ts';
import type { Engine } from '../../engine/engine.ts';
import { removeNetwork } from '../../engine/networks.ts';
import { clearLinkState } from '../links/netem-agent.ts';
import type { NetworkState } from '../state/network-state.ts';

/**
 * Removes everything the engine holds of a devnet: its nodes, then its network, and the record last, so that whatever
 * interrupts this, the rest can still be found and the name stays taken until all is gone.
 * @param removed called after each node
 */
export async function down(
  engine: Engine,
  devnet: NetworkState,
  removed: (done: number) => void = () => {},
): Promise<void> {
  // While the network that its rules are about is still there.
  await clearLinkState(engine, devnet);
  const limit = pLimit(MAX_PARALLEL_CONTAINERS);
  const remove = createContainerRemover(
    engine,
    devnet.networks.map(({ id }) => id),
  );
  const nodes = new Set(devnet.nodes.map((node) => node.containerId));
  const records = new Set(devnet.recordIds);
  let done = 0;
  await Promise.all(
    devnet.containers
      .filter(({ id }) => !records.has(id))
      .map(({ id }) =>
        limit(async () => {
          await remove(id);
          if (nodes.has(id)) removed(++done);
        }),
      ),
  );
  const networks = await Promise.allSettled(devnet.networks.map(({ id }) => removeNetwork(engine, id)));
  // A network that the engine cannot remove must not keep the name taken as well.
  for (const id of records) await removeContainer(engine, id);
  for (const network of networks) if (network.status === 'rejected') throw network.reason;
}
