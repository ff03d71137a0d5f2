import { faultParts, type LinkState, nodeNameLookup } from '../../agents/netem/state/link-state.ts';
import type { ActiveFault, Fault } from '../../network/fault.ts';
import { describeFaults } from '../../network/faults/describe-fault.ts';
import type { Link } from '../../topology/model/topology.ts';

/** Returns the faults that a link state has, in the order in which they were injected. */
export function listActiveFaults(state: LinkState): ActiveFault[] {
  const faults = new Map<string, ActiveFault>();
  for (const { fault: name, until, since, by } of faultParts(state)) {
    if (faults.has(name)) continue;
    faults.set(name, {
      name,
      description: describeFaults(faultsNamed(state, name)),
      ...(until === undefined ? {} : { until }),
      ...(since === undefined ? {} : { since }),
      ...(by === undefined ? {} : { by }),
    });
  }
  return [...faults.values()].sort((a, b) => (a.since ?? 0) - (b.since ?? 0));
}

/** Returns the faults of one name as they were injected, nodes by name. */
function faultsNamed(state: LinkState, wanted: string): Fault[] {
  const name = nodeNameLookup(state);
  const isWanted = ({ fault }: { fault: string }) => fault === wanted;
  const cuts = state.cuts.filter(isWanted).map(({ from, to }) => ({ from: from.map(name), to: to.map(name) }));
  const overrides = state.overrides.filter(isWanted);
  const links = overrides.flatMap(
    ({ from, to, fault: _f, until: _u, since: _s, by: _b, ...quality }, index): Fault[] => {
      const isReverse = (other: Link) => other.from === to && other.to === from;
      if (overrides.slice(0, index).some(isReverse)) return [];
      const oneway = !overrides.some(isReverse);
      return [{ kind: 'link', from: name(from), to: name(to), oneway, quality }];
    },
  );
  const messages = state.messageFaults
    .filter(isWanted)
    .map(({ fault: _f, until: _u, since: _s, by: _b, from, to, ...fault }): Fault => {
      return { kind: 'messages', from: name(from), to: name(to), ...fault };
    });
  return [...(cuts.length > 0 ? [{ kind: 'partition' as const, cuts }] : []), ...links, ...messages];
}
