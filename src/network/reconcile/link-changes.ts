import type { Link } from '../../topology/model/topology.ts';

/** A change of a node's links. */
export interface PlannedPeerChange {
  type: 'add' | 'remove';
  /** Name of a node, or the address of something that is none. */
  to: string;
  /** @default the address of the node `to` */
  address?: string;
}

/** Returns the changes of one node, of the links from it: every one that it should have, and the removal of those that it should not. */
export function linkChanges(before: readonly Link[] = [], after: readonly Link[] = []): PlannedPeerChange[] {
  const wanted = after.map(({ to }) => to);
  const removed = before.map(({ to }) => to).filter((to) => !wanted.includes(to));
  return [
    ...wanted.map((to): PlannedPeerChange => ({ type: 'add', to })),
    ...removed.map((to): PlannedPeerChange => ({ type: 'remove', to })),
  ];
}
