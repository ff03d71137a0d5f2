import { startNamespaceNetwork } from '../../src/runtimes/namespaces/namespace-runtime.ts';
import { scenarioContract } from './scenario-contract.ts';

scenarioContract(async (topology) => (await startNamespaceNetwork(topology)).network);
