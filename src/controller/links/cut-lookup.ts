import { type LinkState, nodeNameLookup } from '../../agents/netem/state/link-state.ts';
import type { Link } from '../../topology/model/topology.ts';

/** Returns a function that returns the name of the fault that cuts a link: in either direction, since a connection needs both. */
export function cutLookup(state: LinkState): (link: Link) => string | undefined {
  const cutOf = directedCutLookup(state);
  return ({ from, to }) => cutOf({ from, to }) ?? cutOf({ from: to, to: from });
}

/** Returns a function that returns the name of the fault that cuts one direction of a link. */
export function directedCutLookup(state: LinkState): (link: Link) => string | undefined {
  const name = nodeNameLookup(state);
  const cuts = state.cuts.map(({ fault, from, to }) => ({
    fault,
    from: new Set(from.map(name)),
    to: new Set(to.map(name)),
  }));
  return (link) => cuts.find(({ from, to }) => from.has(link.from) && to.has(link.to))?.fault;
}
