/** Link between two nodes, by their indices. */
interface IslandLink {
  a: number;
  b: number;
  shape: string;
}

/**
 * Finds the parts that cuts keep apart: connected components of the links that are not cut, of nodes that run.
 * @returns indices of the nodes of each part, the largest part first; empty when nothing is cut or one part is left
 */
export function findIslands(nodes: readonly { shape: string }[], links: readonly IslandLink[]): number[][] {
  if (!links.some(({ shape }) => shape === 'cut')) return [];
  const parent = nodes.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parent[root] !== root) root = parent[root] = parent[parent[root]!]!;
    return root;
  };
  for (const { a, b, shape } of links) if (shape !== 'cut') parent[rootOf(a)] = rootOf(b);
  const parts = new Map<number, number[]>();
  nodes.forEach(({ shape }, index) => {
    if (shape === 'ended' || shape === 'missing') return;
    const root = rootOf(index);
    const part = parts.get(root);
    if (part) part.push(index);
    else parts.set(root, [index]);
  });
  return parts.size < 2 ? [] : [...parts.values()].sort((a, b) => b.length - a.length);
}
