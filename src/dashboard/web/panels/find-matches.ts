import type { GraphScene } from '../graph/graph-scene.ts';

/** Returns the names of the nodes that a search means: by part of their name, or by their group or state; undefined: no search. */
export function findMatches({ nodes, groups }: GraphScene, search: string): Set<string> | undefined {
  const text = search.trim().toLowerCase();
  if (text === '') return undefined;
  const matching = nodes.filter(
    ({ name, group, text: state }) =>
      name.toLowerCase().includes(text) ||
      groups[group]?.toLowerCase() === text ||
      state.toLowerCase().startsWith(text),
  );
  return new Set(matching.map(({ name }) => name));
}
