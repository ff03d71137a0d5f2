import { describe, expect, it } from 'vitest';
import { InterceptedRoutes } from '../../../../src/agents/netem/kernel/intercepted-routes.ts';
import { planShaping } from '../../../../src/agents/netem/state/shaping-plan.ts';
import { addressOf, linkStateWith } from '../link-state-fixture.ts';

const [a, b, c] = [addressOf(1), addressOf(2), addressOf(3)];
const state = linkStateWith(3, {
  shaping: 'relay',
  conditions: [
    { from: a, to: b, delay: 5 },
    { from: b, to: c, delay: 5 },
  ],
});
const plan = planShaping(state, { netem: true, htb: true }, []);

describe('InterceptedRoutes', () => {
  it('gives each client, and each server, ports that no node listens on', () => {
    const [first, ...rest] = state.nodes;
    const taken = { ...state, nodes: [{ ...first!, port: 61_001 }, ...rest] };
    const routes = new InterceptedRoutes().of(taken, plan);
    expect(routes).toHaveLength(4);
    const dialPorts = new Map(routes.map(({ client, port, dialPort }) => [dialPort, `${client} ${port}`]));
    const answerPorts = new Map(routes.map(({ server, port, answerPort }) => [answerPort, `${server} ${port}`]));
    const refusePorts = new Set(routes.map(({ refusePort }) => refusePort));
    // A port stands for one client or server only, and for nothing else.
    for (const { client, server, port, dialPort, answerPort } of routes) {
      expect([dialPorts.get(dialPort), answerPorts.get(answerPort)]).toEqual([
        `${client} ${port}`,
        `${server} ${port}`,
      ]);
      expect(refusePorts).not.toContain(answerPort);
    }
    for (const port of [...dialPorts.keys(), ...answerPorts.keys(), ...refusePorts]) {
      expect(port).toBeGreaterThanOrEqual(61_000);
      expect(port).not.toBe(61_001);
    }
  });

  it('keeps the ports from one state to the next, since open connections use them', () => {
    const routes = new InterceptedRoutes();
    const before = routes.of(state, plan);
    const more = planShaping(
      { ...state, conditions: [...state.conditions, { from: a, to: c, delay: 1 }] },
      { netem: true, htb: true },
      [],
    );
    expect(routes.of(state, more)).toEqual(expect.arrayContaining(before));
  });

  it('adds routes to other ports, and keeps them', () => {
    const routes = new InterceptedRoutes();
    routes.of(state, plan);
    const pair = { client: a, server: b };
    expect(routes.find(pair, 8080)).toBeUndefined();
    const added = routes.add(pair, 8080);
    expect(added).not.toMatchObject({ dialPort: routes.find(pair, 3000)?.dialPort });
    expect(routes.of(state, plan)).toContainEqual(added);
    expect(routes.find(pair, 8080)).toEqual(added);
  });

  it('replaces an answer port that is not free', () => {
    const routes = new InterceptedRoutes();
    routes.of(state, plan);
    const pair = { client: a, server: b };
    const { answerPort } = routes.find(pair, 3000)!;
    const replaced = routes.add(pair, 3000, answerPort);
    expect(replaced.answerPort).not.toBe(answerPort);
    expect(routes.of(state, plan).map((route) => route.answerPort)).not.toContain(answerPort);
  });
});
