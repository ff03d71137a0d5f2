import { connectEngine, type Devnet, observe } from '../../../src/index.ts';
import { artifactsContract } from '../artifacts-contract.ts';
import { runtimeContract } from '../runtime-contract.ts';

const engine = await connectEngine();
const stands = async ({ name }: Devnet<string>) => (await observe(engine, name)) !== undefined;

runtimeContract('containers', stands);
artifactsContract('containers', ['links.json'], stands);
