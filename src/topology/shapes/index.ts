import { erdosRenyi } from './erdos-renyi.ts';
import { grid, hypercube, torus } from './lattice.ts';
import { line, mesh, ring, star, tree } from './plain.ts';
import { regular } from './regular.ts';
import { scaleFree } from './scale-free.ts';
import { smallWorld } from './small-world.ts';

export { isConnected } from './connected.ts';
export { type Edge, ImpossibleShape, MAX_EDGES } from './edge.ts';
export type { RandomOptions } from './erdos-renyi.ts';
export type { RegularOptions } from './regular.ts';
export type { ScaleFreeOptions } from './scale-free.ts';
export type { SmallWorldOptions } from './small-world.ts';

/**
 * Every graph family, as a function from a number of nodes (and the family's parameters) to edges between the nodes
 * 0 … n - 1. All of them are pure and throw {@link ImpossibleShape} where no such graph exists.
 */
export const shapes = {
  line,
  ring,
  star,
  mesh,
  tree,
  grid,
  torus,
  hypercube,
  regular,
  random: erdosRenyi,
  smallWorld,
  scaleFree,
};
