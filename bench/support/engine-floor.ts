import pLimit from 'p-limit';
import { createNodeNetwork } from '../../src/controller/lifecycle/create-network.ts';
import { nodeContainerSpec, placementOn } from '../../src/controller/lifecycle/node-container.ts';
import { assignAddresses } from '../../src/controller/state/address-plan.ts';
import type { Engine } from '../../src/engine/connection/engine.ts';
import { startContainer } from '../../src/engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../../src/engine/containers.ts';
import { ensureNodeImage } from '../../src/engine/images/node-image.ts';
import { removeNetwork } from '../../src/engine/networks.ts';
import type { DevnetError } from '../../src/shared/errors.ts';
import type { Topology } from '../../src/topology/index.ts';

/** Seconds that bringing a network up and taking it down took. */
export interface Timing {
  up: number;
  down: number;
}

export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

let runs = 0;

/**
 * Measures the engine's own work for a network: creating and starting its nodes' containers, and removing them. No links are
 * sent, and nothing is verified. The network is created before and removed after.
 * @param parallel containers at once
 */
export async function measureEngine(engine: Engine, topology: Topology, parallel: number): Promise<Timing> {
  const image = await ensureNodeImage(engine);
  // A new name each time: an engine that miscounted endpoints keeps the network, and refuses another one of that name.
  const name = `bench-engine-${++runs}`;
  const network = await createNodeNetwork(engine, { ...topology, name }, name);
  const addresses = assignAddresses(topology, network.subnet);
  const ids: string[] = [];
  const limit = pLimit(parallel);
  const up = await seconds(() =>
    Promise.all(
      topology.nodes.map((node) =>
        limit(async () => {
          const address = addresses.get(node.name) as string;
          const spec = nodeContainerSpec(name, name, node, placementOn(network, address), image.reference);
          const id = await createContainer(engine, spec);
          ids.push(id);
          await startContainer(engine, id, node.name);
        }),
      ),
    ),
  );
  const down = await seconds(() => Promise.all(ids.map((id) => limit(() => removeContainer(engine, id)))));
  await removeNetwork(engine, network.id).catch((failure: DevnetError) => {
    // Containers that are removed all at once, as here, make Docker before 28.1 miscount endpoints now and then.
    if (failure.code !== 'network_stuck') throw failure;
    console.log(`the engine cannot remove network ${name}: restart it, then docker network rm devnet.${name}`);
  });
  return { up, down };
}
