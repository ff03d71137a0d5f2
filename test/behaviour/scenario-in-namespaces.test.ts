import { describe } from 'vitest';
import { startNamespaceNetwork } from '../../src/runtimes/namespaces/namespace-runtime.ts';
import { hasNamespaces } from '../support/namespaces.ts';
import { scenarioContract } from './scenario-contract.ts';

describe.skipIf(!hasNamespaces)('in network namespaces', () => {
  scenarioContract(async (topology) => (await startNamespaceNetwork(topology)).network);
});
