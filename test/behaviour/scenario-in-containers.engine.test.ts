import { containerRuntime } from '../../src/runtimes/containers/container-runtime.ts';
import type { Topology } from '../../src/topology/index.ts';
import { sandbox } from '../support/sandbox.ts';
import { linkScenarioContract, scenarioContract } from './scenario-contract.ts';

const box = await sandbox();

async function start(topology: Topology) {
  const { network } = await containerRuntime(box.engine).start({ ...topology, name: box.name() });
  return network;
}

scenarioContract(start);
const proxied = { on: ' on proxied links', settings: 'conditions: { default: { delay: 5ms } }\nshaping: relay' };
// Every kernel can limit rates; not every one can delay.
const byKernel = {
  on: ' on links of the kernel',
  settings: 'conditions: { default: { rate: 100mbit } }\nshaping: kernel',
};
for (const links of [proxied, byKernel]) {
  scenarioContract(start, links);
  linkScenarioContract(start, links);
}
