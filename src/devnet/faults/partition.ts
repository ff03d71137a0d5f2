import { addressesOf, changeLinks, type Field, type Heal, once, type Tag } from './field.ts';

export interface Partition {
  /** Nothing passes from the nodes of one list to those of the other. */
  cuts: readonly { from: readonly string[]; to: readonly string[] }[];
}

/** Cuts nodes off from each other, at once and in one transaction, however many they are. Connections stay open and starve. */
export async function partition(field: Field, { cuts }: Partition, { name, until }: Tag): Promise<Heal> {
  const made = cuts.map(({ from, to }) => ({
    fault: name,
    from: addressesOf(field.devnet, from),
    to: addressesOf(field.devnet, to),
    ...(until === undefined ? {} : { until }),
  }));
  await changeLinks(field, (state) => ({ ...state, cuts: [...state.cuts, ...made] }));
  return once(() =>
    changeLinks(field, (state) => ({ ...state, cuts: state.cuts.filter(({ fault }) => fault !== name) })),
  );
}
