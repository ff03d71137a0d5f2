import { pluralize } from '../../shared/text.ts';
/**
 * An edge between two different nodes, which go by their positions 0 … n - 1. No two edges of a shape join the same
 * two nodes. Where a shape is made one-way, the first node dials the second.
 */
export type Edge = readonly [from: number, to: number];

/** Most edges that a shape may have: beyond it lies a typing error, or a machine that runs out of memory. */
export const MAX_EDGES = 500_000;

/** Thrown when no such graph exists: a grid of 7 nodes in 3 columns, a hypercube of 20. */
export class ImpossibleShapeError extends Error {
  override readonly name = 'ImpossibleShape';
  /** The parameter to blame; `shape` where it is the number of nodes. */
  readonly parameter: string;
  /** What would be possible. */
  readonly hint: string | undefined;

  constructor(parameter: string, message: string, hint?: string) {
    super(message);
    this.parameter = parameter;
    this.hint = hint;
  }
}

/** @throws ImpossibleShape unless the value is a whole number within the bounds, both included. */
export function assertIntegerInRange(
  parameter: string,
  value: number,
  least: number,
  most: number,
  nodes: number,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range =
    least > most ? 'no value at all' : least === most ? `${least}` : `a whole number from ${least} to ${most}`;
  throw new ImpossibleShapeError(parameter, `expected ${range} for ${pluralize(nodes, 'node')}, got ${value}`);
}

/** @throws ImpossibleShape when there are too few nodes for the shape. */
export function assertMinNodes(shape: string, nodes: number, least: number, hint?: string): void {
  if (Number.isSafeInteger(nodes) && nodes >= least) return;
  throw new ImpossibleShapeError('shape', `a ${shape} needs at least ${pluralize(least, 'node')}, got ${nodes}`, hint);
}

/** @throws ImpossibleShape when a shape is about to have more than {@link MAX_EDGES}. */
export function assertMaxEdges(parameter: string, edges: number): void {
  if (edges <= MAX_EDGES) return;
  const size = Math.ceil(edges).toLocaleString('en-US');
  throw new ImpossibleShapeError(
    parameter,
    `expected at most ${MAX_EDGES.toLocaleString('en-US')} edges in a shape, got ${size}`,
    'use fewer nodes, or a sparser shape',
  );
}

/** How many pairs n nodes make. */
export function pairCount(nodes: number): number {
  return (nodes * (nodes - 1)) / 2;
}

/** The edges that are missing from a graph, each from the lower node to the higher, in order. */
export function complementEdges(nodes: number, edges: readonly Edge[]): Edge[] {
  const present = new Set(edges.map(([a, b]) => Math.min(a, b) * nodes + Math.max(a, b)));
  const missing: Edge[] = [];
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++) if (!present.has(a * nodes + b)) missing.push([a, b]);
  }
  return missing;
}
