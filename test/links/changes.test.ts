import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../src/links/changes.ts';
import { healed, nextHealing } from '../../src/links/healing.ts';
import type { Cut, MessageFault } from '../../src/links/state.ts';
import { at, stateOf } from './state-of.ts';

const cut: Cut = { fault: 'f1', from: [at(1)], to: [at(2), at(3)] };
const fault: MessageFault = { fault: 'f2', from: at(1), to: at(2), type: 'gossip', action: 'drop', probability: 0.5 };

describe('the changes between two states', () => {
  it('are none between equal ones', () => {
    const state = stateOf(3, {
      conditions: [{ from: at(1), to: at(2), delay: 5 }],
      cuts: [cut],
      messageFaults: [fault],
    });
    expect(changesBetween(state, structuredClone(state))).toEqual([]);
  });

  it('are conditions that are new, different or gone, by name', () => {
    const before = stateOf(3, {
      conditions: [
        { from: at(1), to: at(2), delay: 5 },
        { from: at(2), to: at(3), loss: 0.5 },
      ],
    });
    const after = stateOf(3, { conditions: [{ from: at(1), to: at(2), delay: 6 }] });
    expect(changesBetween(before, after).map(({ event, fields }) => [event, JSON.stringify(fields)])).toEqual([
      ['link_conditions', '{"from":"n1","to":"n2","delay":6}'],
      ['link_conditions', '{"from":"n2","to":"n3","cleared":true}'],
    ]);
  });

  it('are faults injected and healed, by name', () => {
    const until = Date.UTC(2026, 0, 1);
    const before = stateOf(3, { cuts: [{ ...cut, until }] });
    const after = stateOf(3, { messageFaults: [fault] });
    const healing = { event: 'fault_healed', fields: { fault: 'f1', action: 'cut', from: ['n1'], to: ['n2', 'n3'] } };
    expect(changesBetween(before, after)).toEqual([
      healing,
      { event: 'fault_injected', fields: { ...fault, from: 'n1', to: 'n2' } },
    ]);
    expect(changesBetween(undefined, before)).toEqual([
      { event: 'fault_injected', fields: { ...healing.fields, until: '2026-01-01T00:00:00.000Z' } },
    ]);
  });
});

describe('faults that heal by themselves', () => {
  const state = stateOf(3, { cuts: [cut, { ...cut, until: 100 }], messageFaults: [{ ...fault, until: 50 }] });

  it('are gone when their time has come', () => {
    expect(healed(state, 49)).toEqual(state);
    expect(healed(state, 50)).toEqual({ ...state, messageFaults: [] });
    expect(healed(state, 100)).toEqual({ ...state, cuts: [cut], messageFaults: [] });
  });

  it('say when the next one heals', () => {
    expect(nextHealing(state)).toBe(50);
    expect(nextHealing(stateOf(3, { cuts: [cut] }))).toBeUndefined();
  });
});
