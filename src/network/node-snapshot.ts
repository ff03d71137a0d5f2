/** Largest network whose bundled nodes start from a snapshot: each takes 5 MB more memory for it, which is of no use after the start. */
const MAX_NODES = 200;

/** Returns whether the bundled nodes of a network of this size start from V8's snapshot of them, which is quicker, or from the program. */
export function startsFromSnapshot(nodes: number): boolean {
  return nodes <= MAX_NODES;
}
