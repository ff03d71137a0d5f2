import type { DirectedLinkConditions, LinkConditions } from '../../agents/netem/state/link-state.ts';
import { type FaultContext, type Heal, idempotentHeal, resolveAddresses, updateLinkState } from './fault-context.ts';

export interface LinkConditionsOverride {
  /** Nodes, by name. */
  from: string;
  to: string;
  /** What is to hold for packets from the one to the other, whole: what it does not name is as the network is by itself. */
  quality: LinkConditions;
  /** Only that way, and not back. */
  oneway?: boolean;
}

/** Gives a link other conditions than its topology declares. Healing gives back those it had. */
export async function overrideLinkConditions(
  field: FaultContext,
  { from, to, quality, oneway }: LinkConditionsOverride,
): Promise<Heal> {
  const [a, b] = resolveAddresses(field.devnet, [from, to]) as [string, string];
  const ways = oneway
    ? [{ from: a, to: b }]
    : [
        { from: a, to: b },
        { from: b, to: a },
      ];
  const touched = (one: DirectedLinkConditions) => ways.some((way) => way.from === one.from && way.to === one.to);
  let before: DirectedLinkConditions[] = [];
  await updateLinkState(field, (state) => {
    before = state.conditions.filter(touched);
    const made = Object.keys(quality).length === 0 ? [] : ways.map((way) => ({ ...way, ...quality }));
    return { ...state, conditions: [...state.conditions.filter((one) => !touched(one)), ...made] };
  });
  return idempotentHeal(() =>
    updateLinkState(field, (state) => ({
      ...state,
      conditions: [...state.conditions.filter((one) => !touched(one)), ...before],
    })),
  );
}
