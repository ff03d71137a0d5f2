import type { Path } from '../topology/path.ts';
import type { Reading } from '../topology/reading.ts';
import type { Roll } from './roll.ts';

/** Two nodes with a link between them, in a direction: that of its dial, or of what is done to it. */
export interface LinkEnds {
  from: string;
  to: string;
}

/** Every node on the left with each one on the right that it has a link with. */
export function linkedEnds(reading: Reading, roll: Roll, from: unknown, to: unknown, path: Path): LinkEnds[] {
  const left = roll.names(from, [...path, 'from']);
  const right = roll.names(to, [...path, 'to']);
  const ends = left.flatMap((a) => right.map((b) => ({ from: a, to: b })));
  const linked = ends.filter(({ from: a, to: b }) => a !== b && roll.linked(a, b));
  if (ends.length > 0 && linked.length === 0)
    reading.mistake(path, 'expected nodes with a link between them, and there is none');
  return linked;
}

/** Of pairs that are there in both directions, the first: what is done both ways is done once. */
export function eachOnce(ends: readonly LinkEnds[]): LinkEnds[] {
  const seen = new Set<string>();
  return ends.filter(({ from, to }) => {
    seen.add(`${from} ${to}`);
    return !seen.has(`${to} ${from}`);
  });
}
