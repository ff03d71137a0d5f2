import { describe, expect, it } from 'vitest';
import {
  type Interception,
  nftScript,
  removalScript,
  routeScript,
} from '../../../../src/agents/netem/kernel/nftables.ts';
import type { LinkState } from '../../../../src/agents/netem/state/link-state.ts';
import { planShaping } from '../../../../src/agents/netem/state/shaping-plan.ts';
import { addressOf, linkStateWith } from '../link-state-fixture.ts';

const all = { netem: true, htb: true };
const script = (state: LinkState, interception?: Interception) =>
  nftScript(state, planShaping(state, all, []), interception);

describe('nftScript', () => {
  it('only removes tables, existing or not, for an empty state', () => {
    expect(script(linkStateWith(2))).toBe(removalScript('lab'));
    expect(removalScript('lab').split('\n')).toEqual([
      'table bridge devnet-lab',
      'delete table bridge devnet-lab',
      'table ip devnet-lab',
      'delete table ip devnet-lab',
      'table ip devnet.trace-lab',
      'delete table ip devnet.trace-lab',
      'table inet devnet.closed-lab',
      'delete table inet devnet.closed-lab',
      '',
    ]);
  });

  it('replaces the tables in one transaction and touches no others', () => {
    const text = script(linkStateWith(2, { cuts: [{ fault: 'f', from: [addressOf(1)], to: [addressOf(2)] }] }));
    expect(text.startsWith(removalScript('lab'))).toBe(true);
    expect(new Set(text.match(/table \w+ \S+/g))).toEqual(
      new Set([
        'table bridge devnet-lab',
        'table ip devnet-lab',
        'table ip devnet.trace-lab',
        'table inet devnet.closed-lab',
      ]),
    );
  });

  it('closes a network with a table that stays when no link has rules', () => {
    const closed = script(linkStateWith(2, { closed: { prefix: 24 } }));
    expect(closed.startsWith(removalScript('lab'))).toBe(true);
    expect(closed).toContain('chain address_added');
    expect(closed).toMatch(/iifname br-lab drop/);
    expect(closed).not.toContain('dport 53');
    const byEngine = script(linkStateWith(2, { closed: { dns: true } }));
    expect(byEngine).not.toContain('address_added');
    expect(byEngine).toMatch(/ip daddr 10\.64\.255\.254 .* th dport 53 accept/);
  });

  it('leaves the connections between nodes untracked where it is asked to, but for those with the bridge', () => {
    const state = linkStateWith(2, { untracked: '10.64.0.0/16' });
    expect(script(state)).toContain(
      'iifname br-lab ip saddr 10.64.0.0/16 ip saddr != 10.64.255.254 ip daddr 10.64.0.0/16 ip daddr != 10.64.255.254 notrack',
    );
    expect(script(state).startsWith(removalScript('lab'))).toBe(true);
    // The proxy's rules know connections by conntrack.
    expect(script(state, { bridgeMac: '02:42:00:00:00:01', routes: [] })).not.toContain('notrack');
  });

  it('lists small cuts pair by pair in one set, whatever their number', () => {
    const cuts = Array.from({ length: 50 }, (_, n) => ({
      fault: `f${n}`,
      from: [addressOf(n + 1)],
      to: [addressOf(n + 2)],
    }));
    const text = script(linkStateWith(60, { cuts }));
    expect(text.match(/\bdrop\b/g)).toHaveLength(1);
    expect(text).toContain(`${addressOf(1)} . ${addressOf(2)}, ${addressOf(2)} . ${addressOf(3)}`);
  });

  it('lists large cuts as two sets, so that the text grows with the nodes, not with the pairs', () => {
    const addresses = Array.from({ length: 1_000 }, (_, n) => addressOf(n + 1));
    const [left, right] = [addresses.slice(0, 500), addresses.slice(500)];
    const text = script(linkStateWith(1_000, { cuts: [{ fault: 'f', from: left, to: right }] }));
    expect(text).toContain('ip saddr @cut0_from ip daddr @cut0_to drop');
    expect(text.length).toBeLessThan(1_000 * 20);
  });

  it('applies cuts to incoming and outgoing packets, so that they hold for the proxy too', () => {
    const text = script(linkStateWith(2, { cuts: [{ fault: 'f', from: [addressOf(1)], to: [addressOf(2)] }] }));
    expect(text.match(/jump cuts/g)).toHaveLength(2);
  });

  it('has one chain for each probability of loss, and one lookup for all pairs', () => {
    const conditions = [
      { from: addressOf(1), to: addressOf(2), loss: 0.1 },
      { from: addressOf(2), to: addressOf(1), loss: 0.1 },
      { from: addressOf(1), to: addressOf(3), loss: 0.000_001 },
      { from: addressOf(3), to: addressOf(1), loss: 0 },
    ];
    const text = script(linkStateWith(3, { conditions }));
    expect(text.match(/chain loss_\d+/g)).toEqual(['chain loss_100000', 'chain loss_1']);
    expect(text.match(/vmap @loss/g)).toHaveLength(1);
    expect(text).not.toContain(`${addressOf(3)} . ${addressOf(1)}`);
  });

  it('assigns packets to classes of tc by sender', () => {
    const text = script(linkStateWith(300, { conditions: [{ from: addressOf(298), to: addressOf(2), rate: 1e6 }] }));
    expect(text).toContain(`${addressOf(298)} . ${addressOf(2)} : de7e:12b`);
    expect(addressOf(298)).toBe('10.64.1.43');
  });

  it('hands TCP between two intercepted nodes to the proxy, on any port, and nothing else', () => {
    const [a, b] = [addressOf(1), addressOf(2)];
    const state = linkStateWith(3, { shaping: 'relay', conditions: [{ from: a, to: b, delay: 5 }] });
    const plan = planShaping(state, all, []);
    const route = { client: a, server: b, port: 3000, dialPort: 61_000, answerPort: 61_005, refusePort: 61_006 };
    const text = nftScript(state, plan, { bridgeMac: '02:42:00:00:00:01', routes: [route] });
    expect(text.match(new RegExp(`elements = { ${a} . ${b}, ${b} . ${a} }`, 'g'))).toHaveLength(2);
    expect(
      text.match(/@intercepted meta l4proto tcp ether daddr set 02:42:00:00:00:01 meta pkttype set host/g),
    ).toHaveLength(1);
    expect(text).toContain(
      `map dials { type ipv4_addr . inet_service : ipv4_addr . inet_service; elements = { ${b} . 61000 : ${b} . 3000 }`,
    );
    expect(text).toContain(`elements = { 61000 : ${a} }`);
    expect(text).toContain(`elements = { 61005 : ${b} . 3000, 61006 : ${b} . 3000 }`);
    expect(text).toContain('set refusing { type inet_service; elements = { 61006 }');
    expect(text).not.toContain(addressOf(3));
    expect(routeScript('lab', { ...route, port: 4000 }).split('\n')[1]).toBe(
      `add element ip devnet-lab dials { ${b} . 61000 : ${b} . 4000 }`,
    );
  });
});
