import type { Topology } from './topology.ts';

/** Stands for the value of an environment variable. */
const HIDDEN_VALUE = '[hidden]';

/** Returns a topology with the values of its environment variables hidden: they may be passwords and keys. */
export function hideEnvironment(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    env: Object.fromEntries(Object.keys(node.env).map((name) => [name, HIDDEN_VALUE])),
  }));
  return { ...topology, nodes };
}
