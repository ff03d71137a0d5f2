import { describe } from 'vitest';
import type { Devnet } from '../../../src/index.ts';
import { findServedNetworks } from '../../../src/network/control-socket/find-served-networks.ts';
import { startNamespaceNetwork } from '../../../src/runtimes/namespaces/namespace-runtime.ts';
import { hasNamespaces } from '../../support/namespaces.ts';
import { artifactsContract } from '../artifacts-contract.ts';
import { portContract } from '../port-contract.ts';
import { runtimeContract } from '../runtime-contract.ts';

const isUp = async ({ name }: Devnet<string>) => (await findServedNetworks(name)).networks.length > 0;

describe.skipIf(!hasNamespaces)('in network namespaces', () => {
  portContract('namespaces', async (topology, options) => {
    const { network } = await startNamespaceNetwork(topology, { ownedByProcess: true, ...options });
    return network;
  });
  runtimeContract('namespaces', isUp);
  artifactsContract('namespaces', ['links.json'], isUp);
});
