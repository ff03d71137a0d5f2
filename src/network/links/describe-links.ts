import type { Link } from '../../topology/model/topology.ts';

/** Formats links as a topology file writes them: `a -> b`, and `a <-> b` for two that are each other's reverse. */
export function describeLinks(links: readonly Link[]): string[] {
  const known = new Set(links.map(linkKey));
  return withoutReversed(links).map((link) => `${link.from} ${known.has(reverseKey(link)) ? '<->' : '->'} ${link.to}`);
}

/** Keeps the first of two links that are each other's reverse. */
export function withoutReversed<T extends Link>(links: readonly T[]): T[] {
  const seen = new Set<string>();
  return links.filter((link) => {
    seen.add(linkKey(link));
    return !seen.has(reverseKey(link));
  });
}

function linkKey({ from, to }: Link): string {
  return `${from} ${to}`;
}

function reverseKey({ from, to }: Link): string {
  return `${to} ${from}`;
}
