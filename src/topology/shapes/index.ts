import { line, mesh, ring, star, tree } from './basic-shapes.ts';
import { erdosRenyi } from './erdos-renyi.ts';
import { grid, hypercube, torus } from './lattice.ts';
import { regular } from './regular.ts';
import { scaleFree } from './scale-free.ts';
import { smallWorld } from './small-world.ts';

export { isConnected } from './connectivity.ts';
export { type Edge, ImpossibleShapeError, MAX_EDGES } from './edge.ts';
export type { RandomGraphOptions } from './erdos-renyi.ts';
export type { LatticeOptions } from './lattice.ts';
export type { RegularOptions } from './regular.ts';
export type { ScaleFreeOptions } from './scale-free.ts';
export type { SmallWorldOptions } from './small-world.ts';

/**
 * The graph families, as functions from a number of nodes and parameters to edges between the nodes 0 … n - 1. All are pure.
 *
 * @throws {@link ImpossibleShapeError} when no such graph exists
 */
export const shapeGenerators = {
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
