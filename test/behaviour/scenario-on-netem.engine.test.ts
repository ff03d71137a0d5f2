import { describe } from 'vitest';
import { startNamespaceNetwork } from '../../src/runtimes/namespaces/namespace-runtime.ts';
import type { Topology } from '../../src/topology/index.ts';
import { kernelHasNetem } from '../agents/netem/testbed.ts';
import { linkScenarioContract, scenarioContract } from './scenario-contract.ts';

describe.skipIf(!kernelHasNetem())('where the kernel can delay', () => {
  const start = async (topology: Topology) => (await startNamespaceNetwork(topology)).network;
  const links = {
    on: ' on links that the kernel delays',
    settings: 'conditions: { default: { delay: 5ms } }\nshaping: kernel',
  };
  scenarioContract(start, links);
  linkScenarioContract(start, links);
});
