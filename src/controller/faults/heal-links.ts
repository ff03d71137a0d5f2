import { faultParts, filterFaults, type LinkState } from '../../agents/netem/state/link-state.ts';
import { diffLinkStates } from '../../agents/netem/state/state-changes.ts';
import type { HealResult } from '../../network/fault.ts';
import { describeLinks } from '../../network/links/describe-links.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { LinkAccess } from '../links/link-access.ts';
import { limitationOf, updateLinkState } from '../links/update-link-state.ts';

/**
 * Heals faults on links.
 * @param isNamed says which; absent for all of them, which also restores the declared conditions
 * @param directions `from to`, addresses: the conditions that faults set on these are healed too
 */
export async function healLinks(
  links: LinkAccess,
  isNamed: ((fault: string) => boolean) | undefined,
  directions: readonly string[],
): Promise<HealResult> {
  let result: HealResult = { names: [], links: [] };
  const applied = await updateLinkState(links, (current) => {
    const named = filterFaults(current, ({ fault }) => isNamed !== undefined && !isNamed(fault));
    const overrides = named.overrides.filter(({ from, to }) => !directions.includes(`${from} ${to}`));
    const kept = { ...named, overrides };
    const next = isNamed ? kept : { ...kept, conditions: links.declared().conditions };
    result = describeHealed(current, next, isNamed);
    const isSame = JSON.stringify(next) === JSON.stringify(current);
    return isSame ? current : next;
  });
  const warning = limitationOf(applied, []);
  return { ...result, ...(warning === undefined ? {} : { warning }) };
}

/** Lists the healed faults, and the links whose conditions changed: those speak for the faults that set conditions. */
function describeHealed(before: LinkState, after: LinkState, isNamed?: (fault: string) => boolean): HealResult {
  const left = new Set(faultParts(after).map(({ fault }) => fault));
  const listed = isNamed ? faultParts(before) : [...before.cuts, ...before.messageFaults];
  const healed = new Set(listed.map(({ fault }) => fault).filter((fault) => !left.has(fault)));
  return { names: [...healed].filter((fault) => isNamed?.(fault) ?? true), links: describeChangedLinks(before, after) };
}

function describeChangedLinks(before: LinkState, after: LinkState): string[] {
  const changes = diffLinkStates(before, after).filter(({ event }) => event === 'link_conditions');
  return describeLinks(changes.map(({ fields }) => fields as { from: string; to: string }));
}

/** @throws DevnetError `no_such_fault` */
export function assertFaultsKnown(
  network: string,
  nodes: readonly { name: string }[],
  state: LinkState | undefined,
  names: readonly string[],
): void {
  const faults = new Set((state ? faultParts(state) : []).map(({ fault }) => fault));
  const unknown = names.find((name) => !faults.has(name) && !nodes.some((node) => node.name === name));
  if (unknown === undefined) return;
  throw new DevnetError('no_such_fault', `"${network}" has no fault and no node "${unknown}"`, {
    hint: faults.size > 0 ? `faults on its links: ${[...faults].join(', ')}` : 'devnet status shows its nodes',
  });
}
