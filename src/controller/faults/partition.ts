import {
  type FaultContext,
  type FaultId,
  type Heal,
  idempotentHeal,
  resolveAddresses,
  updateLinkState,
} from './fault-context.ts';

export interface PartitionCuts {
  /** Nothing passes from the nodes of one list to those of the other. */
  cuts: readonly { from: readonly string[]; to: readonly string[] }[];
}

/** Cuts nodes off from each other, at once and in one transaction, however many they are. Connections stay open and starve. */
export async function partition(field: FaultContext, { cuts }: PartitionCuts, { name, until }: FaultId): Promise<Heal> {
  const made = cuts.map(({ from, to }) => ({
    fault: name,
    from: resolveAddresses(field.devnet, from),
    to: resolveAddresses(field.devnet, to),
    ...(until === undefined ? {} : { until }),
  }));
  await updateLinkState(field, (state) => ({ ...state, cuts: [...state.cuts, ...made] }));
  return idempotentHeal(() =>
    updateLinkState(field, (state) => ({ ...state, cuts: state.cuts.filter(({ fault }) => fault !== name) })),
  );
}
