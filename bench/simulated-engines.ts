// The engines of a cluster that bench/simulate.ts starts in a process of their own: one for each socket that is named. Writes a line
// once all listen.
import { SimulatedEngine } from '../test/support/simulated-engine.ts';

const cluster = { networks: new Map(), nodes: new Map() };
for (const socketPath of process.argv.slice(2)) await new SimulatedEngine(cluster).listen(socketPath);
console.log('listening');
