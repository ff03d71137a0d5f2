import type { DevnetStatus } from '../controller/inspect/network-status.ts';
import type { GraphView } from '../graph-drawing/index.ts';

/** A devnet as its nodes tell it, to be drawn. */
export function toGraphView({ name, nodes, links, drift }: DevnetStatus): GraphView {
  const down = new Set(drift.down);
  return { name, nodes: nodes.map((node) => ({ name: node.name, state: down.has(node.name) ? 'down' : 'up' })), links };
}
