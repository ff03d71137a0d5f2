import type { GraphView } from '../graph-drawing/index.ts';
import type { NetworkStatus } from '../network/network-status.ts';

/** A devnet as its nodes tell it, to be drawn. */
export function toGraphView({ name, nodes, links, drift }: NetworkStatus): GraphView {
  const down = new Set(drift.down);
  return { name, nodes: nodes.map((node) => ({ name: node.name, state: down.has(node.name) ? 'down' : 'up' })), links };
}
