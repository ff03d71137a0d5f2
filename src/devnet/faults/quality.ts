import type { Condition, Quality } from '../../links/state.ts';
import { addressesOf, changeLinks, type Field, type Heal, once } from './field.ts';

export interface LinkQuality {
  /** Nodes, by name. */
  from: string;
  to: string;
  /** What is to hold for packets from the one to the other, whole: what it does not name is as the network is by itself. */
  quality: Quality;
  /** Only that way, and not back. */
  oneway?: boolean;
}

/** Gives a link other conditions than its topology declares. Healing gives back those it had. */
export async function quality(field: Field, { from, to, quality, oneway }: LinkQuality): Promise<Heal> {
  const [a, b] = addressesOf(field.devnet, [from, to]) as [string, string];
  const ways = oneway
    ? [{ from: a, to: b }]
    : [
        { from: a, to: b },
        { from: b, to: a },
      ];
  const touched = (one: Condition) => ways.some((way) => way.from === one.from && way.to === one.to);
  let before: Condition[] = [];
  await changeLinks(field, (state) => {
    before = state.conditions.filter(touched);
    const made = Object.keys(quality).length === 0 ? [] : ways.map((way) => ({ ...way, ...quality }));
    return { ...state, conditions: [...state.conditions.filter((one) => !touched(one)), ...made] };
  });
  return once(() =>
    changeLinks(field, (state) => ({
      ...state,
      conditions: [...state.conditions.filter((one) => !touched(one)), ...before],
    })),
  );
}
