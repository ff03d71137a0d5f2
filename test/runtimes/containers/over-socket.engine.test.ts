import { serveNetwork } from '../../../src/network/control-socket/serve-network.ts';
import { attachSocketNetwork } from '../../../src/network/control-socket/socket-network.ts';
import { connectContainerRuntime } from '../../../src/runtimes/containers/container-runtime.ts';
import { portContract } from '../port-contract.ts';

const runtime = await connectContainerRuntime();
portContract(
  'containers',
  async (topology, options) => {
    const { network } = await runtime.start(topology, { ownedByProcess: true, ...options });
    await serveNetwork(network);
    return attachSocketNetwork(network.name);
  },
  ', over a control socket',
);
