import type { DevnetStatus } from '../devnet/status.ts';
import type { Picture } from '../picture/index.ts';

/** A devnet as its nodes tell it, to be drawn. */
export function pictureOf({ name, nodes, links, drift }: DevnetStatus): Picture {
  const down = new Set(drift.down);
  return { name, nodes: nodes.map((node) => ({ name: node.name, state: down.has(node.name) ? 'down' : 'up' })), links };
}
