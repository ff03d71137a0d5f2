import { afterAll, it } from 'vitest';
import type { RunningNetwork } from '../../../src/network/running-network.ts';
import type { Runtime } from '../../../src/network/runtime.ts';
import { containerRuntime } from '../../../src/runtimes/containers/container-runtime.ts';
import { connectSwarm } from '../../../src/runtimes/swarm/connect-swarm.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { SwarmCluster, swarmObstacle } from '../../support/swarm-cluster.ts';
import { portContract } from '../port-contract.ts';

// The agents go with the last network: this one keeps them.
const KEEPER = parseTopology('nodes: [keeper]', { file: 'keeper.yaml', name: 'keeper' });

interface Swarm {
  cluster: SwarmCluster;
  runtime: Runtime;
  keeper: RunningNetwork;
}

let swarm: Promise<Swarm> | undefined;

async function startSwarm(): Promise<Swarm> {
  const cluster = await SwarmCluster.start(['alpha', 'beta']);
  const runtime = containerRuntime(await connectSwarm(cluster.manager.engine));
  return { cluster, runtime, keeper: (await runtime.start(KEEPER)).network };
}

if (swarmObstacle() === undefined) {
  portContract('swarm', async (topology, options) => {
    swarm ??= startSwarm();
    const { network } = await (await swarm).runtime.start(topology, { ownedByProcess: true, ...options });
    return network;
  });
} else {
  it.skip(`the port contract on a swarm: ${swarmObstacle()}`, () => {});
}

afterAll(async () => {
  const started = await swarm?.catch(() => undefined);
  await started?.keeper.down();
  await started?.cluster[Symbol.asyncDispose]();
});
