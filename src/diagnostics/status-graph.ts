import type { GraphView } from '../graph-drawing/index.ts';
import type { NetworkStatus } from '../network/network-status.ts';

/** Returns the actual graph, to be drawn. */
export function toGraphView({ name, nodes, links, drift }: NetworkStatus): GraphView {
  const down = new Set(drift.down);
  return { name, nodes: nodes.map((node) => ({ name: node.name, state: down.has(node.name) ? 'down' : 'up' })), links };
}
