import { connectEngine, type Devnet, observe } from '../../../src/index.ts';
import { containerRuntime } from '../../../src/runtimes/containers/container-runtime.ts';
import { artifactsContract } from '../artifacts-contract.ts';
import { portContract } from '../port-contract.ts';
import { runtimeContract } from '../runtime-contract.ts';

const engine = await connectEngine();
const isUp = async ({ name }: Devnet<string>) => (await observe(engine, name)) !== undefined;

portContract('containers', async (topology, options) => {
  const { network } = await containerRuntime(engine).start(topology, { ownedByProcess: true, ...options });
  return network;
});
runtimeContract('containers', isUp);
artifactsContract('containers', ['links.json'], isUp);
