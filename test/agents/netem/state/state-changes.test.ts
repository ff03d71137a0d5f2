import { describe, expect, it } from 'vitest';
import type { LinkCut, MessageFault } from '../../../../src/agents/netem/state/link-state.ts';
import { nextFaultExpiry, removeExpiredFaults } from '../../../../src/agents/netem/state/link-state.ts';
import { diffLinkStates } from '../../../../src/agents/netem/state/state-changes.ts';
import { addressOf, linkStateWith } from '../link-state-fixture.ts';

const cut: LinkCut = { fault: 'f1', from: [addressOf(1)], to: [addressOf(2), addressOf(3)] };
const fault: MessageFault = {
  fault: 'f2',
  from: addressOf(1),
  to: addressOf(2),
  type: 'gossip',
  action: 'drop',
  probability: 0.5,
};

describe('diffLinkStates', () => {
  it('finds no changes between equal states', () => {
    const state = linkStateWith(3, {
      conditions: [{ from: addressOf(1), to: addressOf(2), delay: 5 }],
      cuts: [cut],
      messageFaults: [fault],
    });
    expect(diffLinkStates(state, structuredClone(state))).toEqual([]);
  });

  it('finds new, changed and removed conditions, by name', () => {
    const before = linkStateWith(3, {
      conditions: [
        { from: addressOf(1), to: addressOf(2), delay: 5 },
        { from: addressOf(2), to: addressOf(3), loss: 0.5 },
      ],
    });
    const after = linkStateWith(3, { conditions: [{ from: addressOf(1), to: addressOf(2), delay: 6 }] });
    expect(diffLinkStates(before, after).map(({ event, fields }) => [event, JSON.stringify(fields)])).toEqual([
      ['link_conditions', '{"from":"n1","to":"n2","delay":6}'],
      ['link_conditions', '{"from":"n2","to":"n3","cleared":true}'],
    ]);
  });

  it('finds injected and healed faults, by name', () => {
    const until = Date.UTC(2026, 0, 1);
    const before = linkStateWith(3, { cuts: [{ ...cut, until }] });
    const after = linkStateWith(3, { messageFaults: [fault] });
    const healing = { event: 'fault_healed', fields: { fault: 'f1', action: 'cut', from: ['n1'], to: ['n2', 'n3'] } };
    expect(diffLinkStates(before, after)).toEqual([
      healing,
      { event: 'fault_injected', fields: { ...fault, from: 'n1', to: 'n2' } },
    ]);
    expect(diffLinkStates(undefined, before)).toEqual([
      { event: 'fault_injected', fields: { ...healing.fields, until: '2026-01-01T00:00:00.000Z' } },
    ]);
  });
});

describe('fault expiry', () => {
  const state = linkStateWith(3, { cuts: [cut, { ...cut, until: 100 }], messageFaults: [{ ...fault, until: 50 }] });

  it('removes faults that have expired', () => {
    expect(removeExpiredFaults(state, 49)).toEqual(state);
    expect(removeExpiredFaults(state, 50)).toEqual({ ...state, messageFaults: [] });
    expect(removeExpiredFaults(state, 100)).toEqual({ ...state, cuts: [cut], messageFaults: [] });
  });

  it('returns when the next fault expires', () => {
    expect(nextFaultExpiry(state)).toBe(50);
    expect(nextFaultExpiry(linkStateWith(3, { cuts: [cut] }))).toBeUndefined();
  });
});
