import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import type { NameResolver } from '../parse/name-resolver.ts';

/** Two nodes with a link between them, in a direction: that of its dial, or of what is done to it. */
export interface NodePair {
  from: string;
  to: string;
}

/** Every node on the left with each one on the right that it has a link with. */
export function parseLinkedPairs(
  reading: ParseContext,
  roll: NameResolver,
  from: unknown,
  to: unknown,
  path: DocumentPath,
): NodePair[] {
  const left = roll.resolveNames(from, [...path, 'from']);
  const right = roll.resolveNames(to, [...path, 'to']);
  const ends = left.flatMap((a) => right.map((b) => ({ from: a, to: b })));
  const linked = ends.filter(({ from: a, to: b }) => a !== b && roll.areLinked(a, b));
  if (ends.length > 0 && linked.length === 0)
    reading.report(path, 'expected nodes with a link between them, and there is none');
  return linked;
}

/** Of pairs that are there in both directions, the first: what is done both ways is done once. */
export function withoutReversed(ends: readonly NodePair[]): NodePair[] {
  const seen = new Set<string>();
  return ends.filter(({ from, to }) => {
    seen.add(`${from} ${to}`);
    return !seen.has(`${to} ${from}`);
  });
}
