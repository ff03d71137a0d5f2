import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTopology, type Topology } from '../../src/topology/index.ts';
import { root } from '../support/paths.ts';

export { root } from '../support/paths.ts';

export function topologyOf(yaml: string): Topology {
  return parseTopology(yaml, { file: 'test.yaml', name: 'test' });
}

export function topologyFile(path: string, name: string): Topology {
  return parseTopology(readFileSync(join(root, path), 'utf8'), { file: path, name });
}

/** Topology with every key, and with text that the formats would take for something else. */
export const ELABORATE = topologyOf(`
nodes:
  seed: { port: 4000, cpus: 0.5, memory: 96m, env: { PRICE: 'costs $5, $$HOME and $(HOME)', FLAG: 'on', TIME: '12:30' } }
  '1': { image: 'other/node:2', command: [run, '$HOME', 'yes'], labels: { team: 'red $1', 'example.org/off': 'no' } }
  open: { user: '0', writable: true, capabilities: [NET_RAW], pids: 32, memory: 6m }
  y: { user: '2000' }
links: [mesh]
subnet: 10.80.4.0/22
internal: false
`);
