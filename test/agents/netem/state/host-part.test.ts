import { describe, expect, it } from 'vitest';
import { isOutdated, ownConditions, ownPlan } from '../../../../src/agents/netem/state/host-part.ts';
import { conditionsInForce } from '../../../../src/agents/netem/state/link-state.ts';
import { planShaping } from '../../../../src/agents/netem/state/shaping-plan.ts';
import { addressOf, linkStateWith } from '../link-state-fixture.ts';

const [one, two, three] = [addressOf(1), addressOf(2), addressOf(3)];

/** A state in which every node delays and loses packets of every other one; 1 and 2 are on this host, or on the other one. */
function stateOn(nodes: string[]) {
  const pairs = [one, two, three].flatMap((from) =>
    [one, two, three].flatMap((to) => (from === to ? [] : { from, to })),
  );
  return linkStateWith(3, {
    conditions: pairs.map((pair) => ({ ...pair, delay: 5 })),
    overrides: [{ from: one, to: three, loss: 0.1, fault: 'f' }],
    part: { version: 1, nodes },
  });
}

const hosts = [stateOn([one, two]), stateOn([three])];
const key = ({ from, to }: { from: string; to: string }) => `${from} ${to}`;

describe('the part of a host', () => {
  it('has each condition in force once, on the host of the receiver', () => {
    const all = conditionsInForce(hosts[0]!);
    const own = hosts.map((state) => conditionsInForce(ownConditions(state)));
    expect(own.flat().sort((a, b) => key(a).localeCompare(key(b)))).toEqual(
      all.sort((a, b) => key(a).localeCompare(key(b))),
    );
    expect(own[1]!.map(({ from, loss }) => [from, loss])).toEqual([
      [one, 0.1],
      [two, undefined],
    ]);
  });

  it.each([
    ['kernel', { netem: true, htb: true }],
    ['proxy', { netem: false, htb: true }],
  ])('delays each direction once where the %s does', (_, capabilities) => {
    const whole = planShaping(linkStateWith(3, { ...hosts[0]!, part: undefined as never }), capabilities, []);
    const plans = hosts.map((state) => ownPlan(state, planShaping(state, capabilities, [])));
    expect(plans.flatMap(({ kernel }) => kernel.map(key)).sort()).toEqual(whole.kernel.map(key).sort());
    const connections = plans.flatMap(({ intercepted }) =>
      intercepted.map(({ client, server }) => `${client} ${server}`),
    );
    expect(connections.sort()).toEqual(whole.intercepted.map(({ client, server }) => `${client} ${server}`).sort());
  });

  it('carries both directions of a pair by one proxy', () => {
    for (const state of hosts) {
      const { intercepted } = ownPlan(state, planShaping(state, { netem: false, htb: false }, []));
      for (const { client, server } of intercepted)
        expect(intercepted).toContainEqual({ client: server, server: client });
    }
  });

  it('is everything on the only host', () => {
    const { part: _, ...state } = hosts[0]!;
    const plan = planShaping(state, { netem: true, htb: true }, []);
    expect(ownConditions(state)).toBe(state);
    expect(ownPlan(state, plan)).toBe(plan);
  });
});

describe('isOutdated', () => {
  const version = (version: number) => linkStateWith(1, { part: { version, nodes: [] } });
  it.each([
    ['an older version', version(1), version(2), true],
    ['the same version', version(2), version(2), false],
    ['a newer version', version(3), version(2), false],
    ['the first state', version(1), undefined, false],
    ['the state of an only host', linkStateWith(1), linkStateWith(1), false],
  ])('of %s', (_, state, current, outdated) => {
    expect(isOutdated(state, current)).toBe(outdated);
  });
});
