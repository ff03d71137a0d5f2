import { describe, expect, it } from 'vitest';
import {
  type ConditionOverride,
  conditionsInForce,
  faultParts,
  filterFaults,
  nextFaultExpiry,
  removeExpiredFaults,
} from '../../../../src/agents/netem/state/link-state.ts';
import { addressOf, linkStateWith } from '../link-state-fixture.ts';

const [a, b] = [addressOf(1), addressOf(2)];
const override = (fault: string, conditions: Partial<ConditionOverride>): ConditionOverride => ({
  from: a,
  to: b,
  fault,
  ...conditions,
});
const declared = { from: a, to: b, delay: 5, loss: 0.1 };

describe('conditionsInForce', () => {
  it.each<[string, ConditionOverride[], object[]]>([
    ['the declared ones without overrides', [], [declared]],
    ['those of an override as a whole', [override('f', { rate: 1e6 })], [{ from: a, to: b, rate: 1e6 }]],
    [
      'those of the last of several overrides',
      [override('f', { rate: 1e6 }), override('g', { delay: 9 })],
      [{ from: a, to: b, delay: 9 }],
    ],
    ['none where an override has none', [override('f', {})], []],
    [
      'an override of the other direction beside them',
      [override('f', { from: b, to: a, delay: 7 })],
      [declared, { from: b, to: a, delay: 7 }],
    ],
  ])('returns %s', (_, overrides, expected) => {
    expect(conditionsInForce(linkStateWith(2, { conditions: [declared], overrides }))).toEqual(expected);
  });

  it('returns what was in force before, in whatever order overrides are removed', () => {
    const overrides = [override('f', { rate: 1e6 }), override('g', { delay: 9 }), override('h', {})];
    const orders = [
      ['f', 'g', 'h'],
      ['h', 'g', 'f'],
      ['g', 'f', 'h'],
    ];
    for (const order of orders) {
      const state = order.reduce(
        (left, name) => filterFaults(left, ({ fault }) => fault !== name),
        linkStateWith(2, { conditions: [declared], overrides }),
      );
      expect(conditionsInForce(state)).toEqual([declared]);
      expect(faultParts(state)).toEqual([]);
    }
  });
});

it('an override expires as other faults do', () => {
  const state = linkStateWith(2, { overrides: [override('f', { delay: 1, until: 50 }), override('g', { delay: 2 })] });
  expect(nextFaultExpiry(state)).toBe(50);
  expect(removeExpiredFaults(state, 50).overrides.map(({ fault }) => fault)).toEqual(['g']);
});
