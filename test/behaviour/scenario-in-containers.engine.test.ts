import { startContainerNetwork } from '../../src/runtimes/containers/container-network.ts';
import { sandbox } from '../support/sandbox.ts';
import { scenarioContract } from './scenario-contract.ts';

const box = await sandbox();

scenarioContract((topology) => startContainerNetwork({ ...topology, name: box.name() }));
