import { connectEngine, type Devnet, observe } from '../../../src/index.ts';
import { startContainerNetwork } from '../../../src/runtimes/containers/container-network.ts';
import { artifactsContract } from '../artifacts-contract.ts';
import { portContract } from '../port-contract.ts';
import { runtimeContract } from '../runtime-contract.ts';

const engine = await connectEngine();
const isUp = async ({ name }: Devnet<string>) => (await observe(engine, name)) !== undefined;

portContract('containers', (topology, options) =>
  startContainerNetwork(topology, { engine, ownedByProcess: true, ...options }),
);
runtimeContract('containers', isUp);
artifactsContract('containers', ['links.json'], isUp);
