import { assertSupported } from '../../network/capabilities.ts';
import { findServedNetworks } from '../../network/control-socket/find-served-networks.ts';
import { lockName } from '../../network/control-socket/lock-name.ts';
import { NO_DRIFT } from '../../network/links/drift.ts';
import { creationSteps } from '../../network/plan-step.ts';
import type { Runtime } from '../../network/runtime.ts';

/** The runtime whose nodes are objects in the process that started them, and end with it. */
export const processRuntime: Runtime = {
  name: 'process',
  version: 'process',
  assertSupports: async (requirements) => assertSupported('process', requirements),
  start: async (topology, options) => {
    // Loaded only here: the other commands do not need the node.
    const { startProcessNetwork } = await import('./process-network.ts');
    const network = await startProcessNetwork(topology, options);
    return { network, steps: creationSteps(topology), drift: NO_DRIFT };
  },
  find: async (name) => {
    const { networks, failures } = await findServedNetworks(name);
    if (failures.length > 0) throw failures[0];
    return networks.filter(({ runtime }) => runtime === 'process');
  },
  lock: lockName,
};
