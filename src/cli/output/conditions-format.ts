import type { Topology } from '../../topology/index.ts';
import { pluralize } from './format.ts';

/** What a topology asks of how many of its ways: `delay on 48 ways, loss on 12`; undefined where it asks nothing. */
export function formatConditionCounts({ conditions }: Topology): string | undefined {
  const asked = new Map<string, number>();
  for (const { from: _from, to: _to, ...quality } of conditions ?? []) {
    for (const key of Object.keys(quality)) asked.set(key, (asked.get(key) ?? 0) + 1);
  }
  if (asked.size === 0) return undefined;
  return [...asked].map(([key, ways], at) => `${key} on ${at === 0 ? pluralize(ways, 'way') : ways}`).join(', ');
}
