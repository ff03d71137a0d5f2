import { describe, expect, it } from 'vitest';
import type { DirectedLinkConditions, MessageFault, Shaping } from '../../../../src/agents/netem/state/link-state.ts';
import { linkSettingsLookup, planShaping } from '../../../../src/agents/netem/state/shaping-plan.ts';
import { addressOf, linkStateWith } from '../link-state-fixture.ts';

const condition = (conditions: Partial<DirectedLinkConditions>): DirectedLinkConditions => ({
  from: addressOf(1),
  to: addressOf(2),
  ...conditions,
});
const fault: MessageFault = {
  fault: 'f',
  from: addressOf(1),
  to: addressOf(2),
  type: 'gossip',
  action: 'drop',
  probability: 1,
};
const all = { netem: true, htb: true };
const noNetem = { netem: false, htb: true };
const nothing = { netem: false, htb: false };

describe('planShaping', () => {
  it.each<[Partial<DirectedLinkConditions>, Shaping, typeof all, 'kernel' | 'relay' | 'rules alone']>([
    [{ delay: 5 }, 'auto', all, 'kernel'],
    [{ delay: 5 }, 'auto', noNetem, 'relay'],
    [{ rate: 5 }, 'auto', noNetem, 'kernel'],
    [{ rate: 5 }, 'auto', nothing, 'relay'],
    [{ rate: 5, jitter: 1, delay: 2 }, 'auto', noNetem, 'relay'],
    [{ delay: 5, corrupt: 0.1 }, 'auto', all, 'kernel'],
    [{ delay: 5 }, 'relay', all, 'relay'],
    [{ delay: 5 }, 'kernel', all, 'kernel'],
    [{ loss: 0.5 }, 'auto', nothing, 'rules alone'],
    [{ loss: 0.5, delay: 0 }, 'relay', nothing, 'rules alone'],
  ])('plans %j with shaping %s and a kernel with %j: %s', (conditions, shaping, can, carrier) => {
    const { kernel, proxy } = planShaping(linkStateWith(2, { shaping, conditions: [condition(conditions)] }), can, []);
    expect([kernel.length, proxy.length]).toEqual([carrier === 'kernel' ? 1 : 0, carrier === 'relay' ? 1 : 0]);
  });

  it.each<[Partial<DirectedLinkConditions>, Shaping, typeof all, RegExp]>([
    [{ delay: 5 }, 'kernel', noNetem, /lacks sch_netem, needed for delay on n1 -> n2/],
    [{ corrupt: 0.1, rate: 5 }, 'auto', noNetem, /lacks sch_netem, needed for corrupt on n1 -> n2/],
    [
      { delay: 5, duplicate: 0.1 },
      'auto',
      { netem: true, htb: false },
      /lacks sch_htb, needed for duplicate on n1 -> n2/,
    ],
    [{ rate: 5 }, 'kernel', nothing, /lacks sch_htb, needed for rate on n1 -> n2/],
    [{ duplicate: 0.1 }, 'relay', all, /"shaping: relay" does not support duplicate, set on n1 -> n2/],
  ])('refuses %j with shaping %s and a kernel with %j', (conditions, shaping, can, message) => {
    expect(() => planShaping(linkStateWith(2, { shaping, conditions: [condition(conditions)] }), can, [])).toThrow(
      message,
    );
  });

  it('intercepts connections whichever node dialed', () => {
    const both = [
      { client: addressOf(1), server: addressOf(2) },
      { client: addressOf(2), server: addressOf(1) },
    ];
    expect(planShaping(linkStateWith(3, { messageFaults: [fault] }), all, []).intercepted).toEqual(both);
    const relayed = linkStateWith(3, { shaping: 'relay', conditions: [condition({ delay: 5 })] });
    expect(planShaping(relayed, all, []).intercepted).toEqual(both);
    expect(planShaping(linkStateWith(3, { conditions: [condition({ delay: 5 })] }), all, []).intercepted).toEqual([]);
  });

  it('keeps intercepting open connections, unless their node is gone', () => {
    const standing = [
      { client: addressOf(1), server: addressOf(2) },
      { client: addressOf(1), server: addressOf(9) },
    ];
    expect(planShaping(linkStateWith(3), all, standing).intercepted).toEqual([
      standing[0],
      { client: addressOf(2), server: addressOf(1) },
    ]);
  });

  it('gives the proxy conditions and faults by direction', () => {
    const state = linkStateWith(3, {
      shaping: 'relay',
      conditions: [condition({ delay: 5 })],
      messageFaults: [fault, fault],
    });
    const lane = linkSettingsLookup(state, planShaping(state, all, []));
    expect(lane(addressOf(1), addressOf(2)).conditions).toMatchObject({ delay: 5 });
    expect(lane(addressOf(1), addressOf(2)).messageFaults).toEqual([fault, fault]);
    expect(lane(addressOf(2), addressOf(1))).toEqual({ conditions: {}, messageFaults: [] });
  });
});
