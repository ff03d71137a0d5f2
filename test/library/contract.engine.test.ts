import { connectEngine, type Devnet, observe } from '../../src/index.ts';
import { contract } from './contract.ts';
import { evidence } from './evidence.ts';

const engine = await connectEngine();
const stands = async ({ name }: Devnet<string>) => (await observe(engine, name)) !== undefined;

contract('containers', stands);
evidence('containers', ['links.json'], stands);
