import { connectEngine, observe } from '../../src/index.ts';
import { contract } from './contract.ts';

const engine = await connectEngine();

contract('containers', async ({ name }) => (await observe(engine, name)) !== undefined);
