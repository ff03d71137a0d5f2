/**
 * The graph families, as functions from a number of nodes and parameters to edges between the nodes 0 … n - 1. All are pure, and
 * throw an `ImpossibleShapeError` when no such graph exists.
 *
 * @module edges
 */
export { line, mesh, ring, star, tree } from './basic-shapes.ts';
export { erdosRenyi as random } from './erdos-renyi.ts';
export { grid, hypercube, torus } from './lattice.ts';
export { regular } from './regular.ts';
export { scaleFree } from './scale-free.ts';
export { smallWorld } from './small-world.ts';
