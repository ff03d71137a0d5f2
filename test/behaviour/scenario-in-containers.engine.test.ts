import { containerRuntime } from '../../src/runtimes/containers/container-runtime.ts';
import { sandbox } from '../support/sandbox.ts';
import { scenarioContract } from './scenario-contract.ts';

const box = await sandbox();

scenarioContract(async (topology) => {
  const { network } = await containerRuntime(box.engine).start({ ...topology, name: box.name() });
  return network;
});
