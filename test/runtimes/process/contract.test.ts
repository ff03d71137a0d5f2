import { once } from 'node:events';
import { connect } from 'node:net';
import type { Devnet } from '../../../src/index.ts';
import { attachSocketNetwork } from '../../../src/network/control-socket/socket-network.ts';
import { startProcessNetwork } from '../../../src/runtimes/process/process-network.ts';
import { artifactsContract } from '../artifacts-contract.ts';
import { portContract } from '../port-contract.ts';
import { runtimeContract } from '../runtime-contract.ts';

const isUp = async ({ nodes }: Devnet<string>) => {
  const answers = await Promise.all(nodes.map(({ address }) => listens(address)));
  return answers.includes(true);
};

portContract('process', startProcessNetwork);
portContract(
  'process',
  async (topology, { onFailed }) => {
    const attach = () => attachSocketNetwork(topology.name);
    await startProcessNetwork(topology, onFailed ? { onFailed: async (cause) => onFailed(cause, await attach()) } : {});
    return attach();
  },
  ', over its control socket',
);
runtimeContract('process', isUp);
artifactsContract('process', [], isUp);

/** @param address `host:port`, on loopback */
async function listens(address: string): Promise<boolean> {
  const [host, port] = address.split(':') as [string, string];
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false;
    throw cause;
  } finally {
    socket.destroy();
  }
}
