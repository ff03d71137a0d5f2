import { assertIntegerInRange, assertMinNodes, type Edge, ImpossibleShapeError } from './edge.ts';

/** Parameters of a grid or a torus. */
export interface LatticeOptions {
  /**
   * Nodes in a row; must divide the number of nodes.
   * @default as near to a square as the number of nodes allows
   */
  columns?: number | undefined;
}

/**
 * Arranges nodes in rows and columns and links neighbours: 2n - rows - columns edges. One-way, dials go right and down.
 * @throws ImpossibleShapeError for fewer than 1 node, or nodes that do not fill the columns
 */
export function grid(nodes: number, options: LatticeOptions = {}): Edge[] {
  assertMinNodes('grid', nodes, 1);
  const columns = resolveColumns('grid', nodes, options.columns, 1);
  const edges: Edge[] = [];
  for (let node = 0; node < nodes; node++) {
    if ((node + 1) % columns !== 0) edges.push([node, node + 1]);
    if (node + columns < nodes) edges.push([node, node + columns]);
  }
  return edges;
}

/**
 * Closes each row and column of a grid into a ring, so that every node has 4 neighbours: 2n edges. It needs at least 3 rows
 * and 3 columns; with 2, both ways round would be the same edge. One-way, dials go right and down.
 * @throws ImpossibleShapeError for fewer than 9 nodes, or nodes that do not fill the columns
 */
export function torus(nodes: number, options: LatticeOptions = {}): Edge[] {
  assertMinNodes('torus', nodes, 9, 'use shape grid, or 9 nodes (3 × 3)');
  const columns = resolveColumns('torus', nodes, options.columns, 3);
  const edges: Edge[] = [];
  for (let node = 0; node < nodes; node++) {
    const column = node % columns;
    edges.push([node, node - column + ((column + 1) % columns)], [node, (node + columns) % nodes]);
  }
  return edges;
}

/**
 * Links 2^k nodes whose numbers differ in one bit: n·k/2 edges. One-way, the lower number dials.
 * @throws ImpossibleShapeError for a number of nodes that is no power of two
 */
export function hypercube(nodes: number): Edge[] {
  assertMinNodes('hypercube', nodes, 1);
  const below = 2 ** Math.floor(Math.log2(nodes));
  if (below !== nodes) {
    throw new ImpossibleShapeError(
      'shape',
      `a hypercube needs a power of two of nodes, got ${nodes}`,
      `use ${below} or ${below * 2} nodes`,
    );
  }
  const edges: Edge[] = [];
  for (let node = 0; node < nodes; node++) {
    for (let bit = 1; bit < nodes; bit *= 2) if ((node & bit) === 0) edges.push([node, node | bit]);
  }
  return edges;
}

function resolveColumns(shape: string, nodes: number, given: number | undefined, min: number): number {
  const fits = (columns: number) => nodes % columns === 0 && columns >= min && nodes / columns >= min;
  const possible = Array.from({ length: nodes }, (_, index) => index + 1).filter(fits);
  if (given !== undefined) {
    if (possible.includes(given)) return given;
    assertIntegerInRange('columns', given, min, Math.floor(nodes / min), nodes);
    const rows = Math.floor(nodes / given);
    const sizes = [rows, rows + 1].filter((one) => one >= min).map((one) => one * given);
    const other = possible.length > 0 ? `columns may be ${possible.join(', ')}; or ` : '';
    throw new ImpossibleShapeError(
      'columns',
      `${nodes} nodes do not make a ${shape} of ${given} columns`,
      `${other}use ${sizes.join(' or ')} nodes`,
    );
  }
  // Divisors come in pairs, so the first one at or above the square root is the wider side of the squarest fit.
  const squarest = possible.find((columns) => columns * columns >= nodes);
  // A prime number of nodes fits only as one long row, which is a line.
  if (squarest === undefined || (squarest === nodes && nodes > 3)) {
    throw new ImpossibleShapeError(
      'shape',
      `${nodes} nodes do not fill a ${shape}`,
      suggestNodeCount(shape, nodes, min),
    );
  }
  return squarest;
}

/** Suggests the next lower and higher numbers of nodes that fit, at least two (or three) wide. */
function suggestNodeCount(shape: string, nodes: number, min: number): string {
  const side = Math.max(2, min);
  const fits = (size: number) => {
    for (let rows = side; rows * rows <= size; rows++) if (size % rows === 0) return true;
    return false;
  };
  let above = nodes + 1;
  while (!fits(above)) above++;
  let below = nodes - 1;
  while (below > 0 && !fits(below)) below--;
  return `use ${below > 0 ? `${below} or ${above}` : above} nodes for a ${shape}`;
}
