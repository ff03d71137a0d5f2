import { describe } from 'vitest';
import { startNamespaceNetwork } from '../../src/runtimes/namespaces/namespace-runtime.ts';
import { kernelHasNetem } from '../agents/netem/testbed.ts';
import { scenarioContract } from './scenario-contract.ts';

describe.skipIf(!kernelHasNetem())('where the kernel can delay', () => {
  scenarioContract(async (topology) => (await startNamespaceNetwork(topology)).network, {
    on: ' on links that the kernel delays',
    settings: 'conditions: { default: { delay: 5ms } }\nshaping: kernel',
  });
});
