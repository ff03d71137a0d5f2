import type { SeededRandom } from '../../shared/seeded-random.ts';
import { pluralize } from '../../shared/text.ts';
/**
 * An edge between two different nodes, given by their positions 0 … n - 1. No two edges of a shape join the same two nodes. In
 * a one-way shape, the first node dials the second.
 */
export type Edge = readonly [from: number, to: number];

/** Most edges of a shape. More is most likely a typing error, and would run out of memory. */
export const MAX_EDGES = 500_000;

/** Thrown when no such graph exists, such as a grid of 7 nodes in 3 columns, or a hypercube of 20. */
export class ImpossibleShapeError extends Error {
  override readonly name = 'ImpossibleShapeError';
  /** The parameter that makes it impossible; `shape` if it is the number of nodes. */
  readonly parameter: string;
  /** Says what would be possible. */
  readonly hint: string | undefined;

  constructor(parameter: string, message: string, hint?: string) {
    super(message);
    this.parameter = parameter;
    this.hint = hint;
  }
}

/** @throws {@link ImpossibleShapeError} unless the value is a whole number within the bounds, both included. */
export function assertIntegerInRange(parameter: string, value: number, min: number, max: number, nodes: number): void {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return;
  const range = min > max ? 'no value at all' : min === max ? `${min}` : `a whole number from ${min} to ${max}`;
  throw new ImpossibleShapeError(parameter, `expected ${range} for ${pluralize(nodes, 'node')}, got ${value}`);
}

/** @throws {@link ImpossibleShapeError} when there are too few nodes for the shape. */
export function assertMinNodes(shape: string, nodes: number, min: number, hint?: string): void {
  if (Number.isSafeInteger(nodes) && nodes >= min) return;
  throw new ImpossibleShapeError('shape', `a ${shape} needs at least ${pluralize(min, 'node')}, got ${nodes}`, hint);
}

/** @throws {@link ImpossibleShapeError} when a shape would have more than {@link MAX_EDGES}. */
export function assertMaxEdges(parameter: string, edges: number): void {
  if (edges <= MAX_EDGES) return;
  const size = Math.ceil(edges).toLocaleString('en-US');
  throw new ImpossibleShapeError(
    parameter,
    `expected at most ${MAX_EDGES.toLocaleString('en-US')} edges in a shape, got ${size}`,
    'use fewer nodes, or a sparser shape',
  );
}

/** Returns the number of pairs of n nodes. */
export function pairCount(nodes: number): number {
  return (nodes * (nodes - 1)) / 2;
}

/** Returns the edges that are missing from a graph, each from the lower node to the higher, in order. */
export function complementEdges(nodes: number, edges: readonly Edge[]): Edge[] {
  const present = new Set(edges.map(([a, b]) => Math.min(a, b) * nodes + Math.max(a, b)));
  const missing: Edge[] = [];
  for (let a = 0; a < nodes; a++) {
    for (let b = a + 1; b < nodes; b++) if (!present.has(a * nodes + b)) missing.push([a, b]);
  }
  return missing;
}

/**
 * Sorts random edges and draws a direction for each. Otherwise a one-way random graph would always point from low to high
 * numbers, and nothing would ever reach the first node.
 */
export function orientEdges(nodes: number, edges: readonly Edge[], random: SeededRandom): Edge[] {
  const rank = ([a, b]: Edge) => Math.min(a, b) * nodes + Math.max(a, b);
  return [...edges]
    .sort((one, other) => rank(one) - rank(other))
    .map(([a, b]): Edge => {
      const [low, high] = a < b ? [a, b] : [b, a];
      return random.chance(0.5) ? [low, high] : [high, low];
    });
}
