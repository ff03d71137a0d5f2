import type { Link } from '../../topology/index.ts';
import type { MessageSample } from '../metrics/samples.ts';

/** Where a message stopped. */
export interface DeliveryFailure {
  /** Links on which it should have gone on: from a node that had it to one that never got it. */
  failedLinks: Link[];
  /** Nodes that no link leads to from any that had it: the graph is cut there, whatever became of the message. */
  unreachable: string[];
}

/** Tells what was lost on its way from what had no way. Links that lead on from nodes that never got it say nothing. */
export function locateFailure({ receipts, never }: MessageSample, links: readonly Link[]): DeliveryFailure {
  const reached = new Set(receipts.map(({ node }) => node));
  const at = links.filter(({ from, to }) => reached.has(from) && never.includes(to));
  // Behind a link that failed lies all that it leads to in the end.
  const behind = new Set(at.map(({ to }) => to));
  for (const node of behind) for (const { from, to } of links) if (from === node && !reached.has(to)) behind.add(to);
  return { failedLinks: at, unreachable: never.filter((node) => !behind.has(node)) };
}

/** In half a sentence: `did not go on at n3 -> n4 (cut by split)`. @param why of a link, in a few words; empty: nothing is said */
export function describeFailure<At extends Link>(
  {
    failedLinks,
    unreachable,
    senderDownBy,
  }: { failedLinks: readonly At[]; unreachable: readonly string[]; senderDownBy?: string },
  why: (link: At) => string = () => '',
): string {
  if (senderDownBy !== undefined) return `its sender was not there to be told: ${senderDownBy}`;
  const reasons = new Map<string, At[]>();
  for (const link of failedLinks) reasons.set(why(link), [...(reasons.get(why(link)) ?? []), link]);
  const parts = [...reasons].map(([reason, links]) => {
    const some =
      links.length > 3
        ? [...links.slice(0, 2).map(formatLink), `${links.length - 2} other links`]
        : links.map(formatLink);
    return `${some.join(', ')}${reason === '' ? '' : ` (${reason})`}`;
  });
  return [
    ...(parts.length === 0 ? [] : [`it did not go on at ${parts.join(', ')}`]),
    ...(unreachable.length === 0
      ? []
      : [`no link leads to ${unreachable.length > 3 ? `${unreachable.length} of them` : unreachable.join(', ')}`]),
  ].join('; ');
}

const formatLink = ({ from, to }: Link): string => `${from} -> ${to}`;
