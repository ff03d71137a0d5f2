import type { Link } from '../topology/index.ts';
import type { MessageSample } from './sample.ts';

/** Where a message stopped. */
export interface Stopped {
  /** Links on which it should have gone on: from a node that had it to one that never got it. */
  at: Link[];
  /** Nodes that no link leads to from any that had it: the graph is cut there, whatever became of the message. */
  cutOff: string[];
}

/** Tells what was lost on its way from what had no way. Links that lead on from nodes that never got it say nothing. */
export function whereStopped({ receipts, never }: MessageSample, links: readonly Link[]): Stopped {
  const reached = new Set(receipts.map(({ node }) => node));
  const at = links.filter(({ from, to }) => reached.has(from) && never.includes(to));
  // Behind a link that failed lies all that it leads to in the end.
  const behind = new Set(at.map(({ to }) => to));
  for (const node of behind) for (const { from, to } of links) if (from === node && !reached.has(to)) behind.add(to);
  return { at, cutOff: never.filter((node) => !behind.has(node)) };
}

/** In half a sentence: `did not go on at n3 -> n4`. */
export function describeStopped({ at, cutOff }: Stopped): string {
  const some = at.length > 3 ? [...at.slice(0, 2).map(text), `${at.length - 2} other links`] : at.map(text);
  return [
    ...(some.length === 0 ? [] : [`it did not go on at ${some.join(', ')}`]),
    ...(cutOff.length === 0
      ? []
      : [`no link leads to ${cutOff.length > 3 ? `${cutOff.length} of them` : cutOff.join(', ')}`]),
  ].join('; ');
}

const text = ({ from, to }: Link): string => `${from} -> ${to}`;
