import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nftScript } from '../../../../src/agents/netem/kernel/nftables.ts';
import type { LinkCut } from '../../../../src/agents/netem/state/link-state.ts';
import { planShaping } from '../../../../src/agents/netem/state/shaping-plan.ts';
import { until } from '../../../support/until.ts';
import { measureShareOfRate } from '../measured-rate.ts';
import { between, Testbed, type TestbedHost } from '../testbed.ts';

let testbed: Testbed;
let a: TestbedHost;
let b: TestbedHost;
let c: TestbedHost;

beforeEach(async () => {
  testbed = await Testbed.make(3);
  [a, b, c] = testbed.hosts as [TestbedHost, TestbedHost, TestbedHost];
  await Promise.all([a, b, c].map((end) => end.send({ op: 'listen', port: 3000, echo: true })));
  await testbed.serve();
});
afterEach(() => testbed.close());

const cut = (from: TestbedHost, to: TestbedHost): LinkCut => ({
  fault: 'f1',
  from: [from.node.address],
  to: [to.node.address],
});
describe('cuts', () => {
  it('drop packets in one direction only, until they heal', async () => {
    await a.dial('before', b);
    await testbed.apply({ cuts: [cut(a, b)] });
    expect(await a.dial('x', b, 500)).toEqual({ failed: 'timeout' });
    expect((await a.dial('y', c)).failed).toBeUndefined();
    // From b to a nothing is cut: b's dial reaches a, but the answer is dropped.
    await a.send({ op: 'collect', port: 4000 });
    await b.send({ op: 'datagrams', host: a.node.address, port: 4000, count: 10 });
    expect(await a.send({ op: 'collected' })).toMatchObject({ datagrams: 10 });
    await b.send({ op: 'collect', port: 4000 });
    await a.send({ op: 'datagrams', host: b.node.address, port: 4000, count: 10 });
    expect(await b.send({ op: 'collected' })).toMatchObject({ datagrams: 0 });

    await a.send({ op: 'write', connection: 'before', text: 'late' });
    await testbed.apply({});
    await until(() => a.text('before') === 'late', 'what was sent during the cut');
    expect((await a.dial('z', b)).failed).toBeUndefined();
  });

  it('expire, and log it with the names of nodes', async () => {
    const time = Date.now() + 4_000;
    await testbed.apply({ cuts: [{ ...cut(a, b), until: time }] });
    expect(await a.dial('x', b, 300)).toEqual({ failed: 'timeout' });
    const healed = await until(() => testbed.log.find(({ event }) => event === 'fault_healed'), 'the fault to heal');
    expect(Date.now()).toBeGreaterThanOrEqual(time);
    expect(healed).toMatchObject({ fault: 'f1', action: 'cut', from: ['n1'], to: ['n2'], node: 'devnet' });
    expect((await a.dial('y', b)).failed).toBeUndefined();
  });

  it('are restored after the agent was killed', async () => {
    await testbed.apply({ cuts: [cut(a, b)] });
    await testbed.stop('SIGKILL');
    expect(await a.dial('x', b, 300)).toEqual({ failed: 'timeout' });
    await testbed.serve();
    expect(await a.dial('y', b, 300)).toEqual({ failed: 'timeout' });
    expect((await testbed.runCommand('show')).state).toMatchObject({ cuts: [{ fault: 'f1' }] });
  });

  it('between a thousand addresses are one transaction that takes less than a second', async () => {
    const addresses = Array.from({ length: 1_000 }, (_, index) => `10.65.${index >> 8}.${index & 255}`);
    const nodes = addresses.map((address, index) => ({ name: `m${index}`, address, port: 3000, mac: a.node.mac }));
    const halves: LinkCut[] = [
      { fault: 'f1', from: addresses.slice(0, 500), to: addresses.slice(500) },
      { fault: 'f1', from: addresses.slice(500), to: addresses.slice(0, 500) },
    ];
    const state = testbed.state({ nodes, cuts: halves });
    const plan = planShaping(state, { netem: false, htb: true }, []);
    await writeFile(join(testbed.folder, 'rules.nft'), nftScript(state, plan));
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const before = performance.now();
      await testbed.sh(`nft -f ${join(testbed.folder, 'rules.nft')}`);
      times.push(performance.now() - before);
    }
    // The shortest: the others may have waited on a busy machine.
    expect(Math.min(...times)).toBeLessThan(1_000);
    expect(await testbed.sh('nft list table bridge devnet-lab')).toContain('10.65.3.231');
  });
});

describe('changes of several controllers', () => {
  const revision = async () => (await testbed.runCommand('read')).revision as string;
  const state = (...cuts: LinkCut[]) => JSON.stringify(testbed.state({ cuts }));

  it('are applied only if nothing changed since they were made', async () => {
    const before = await revision();
    expect(await testbed.runCommand('apply', state(cut(a, b)), [before])).toMatchObject({ ok: true });
    const late = await testbed.runCommand('apply', state(cut(b, c)), [before]);
    expect(late).toMatchObject({ ok: true, conflict: { state: { cuts: [cut(a, b)] }, revision: await revision() } });
    expect(await b.dial('x', c)).not.toHaveProperty('failed');
    const { conflict } = late as unknown as { conflict: { revision: string } };
    expect(await testbed.runCommand('apply', state(cut(a, b), cut(b, c)), [conflict.revision])).not.toHaveProperty(
      'conflict',
    );
    expect(await b.dial('y', c, 300)).toEqual({ failed: 'timeout' });
  });

  it('come too late after clear, but for a state that was made from none', async () => {
    await testbed.apply({});
    const before = await revision();
    await testbed.runCommand('clear');
    for (const late of [before, await revision()]) {
      const refused = await testbed.runCommand('apply', state(cut(a, b)), [late]);
      expect(refused).toMatchObject({ ok: false, error: 'lab is being taken down' });
    }
    expect(await testbed.sh('nft list tables')).toBe('');
    await testbed.apply({ cuts: [cut(a, b)] });
    expect(await testbed.runCommand('apply', state(), [await revision()])).toMatchObject({ ok: true });
  });

  it('are in force although they cannot be saved, and end with the agent', async () => {
    await testbed.apply({ cuts: [cut(b, c)] });
    // A folder in the place of the file that is written first.
    await mkdir(join(testbed.folder, 'state.json.new'));
    expect((await testbed.apply({ cuts: [cut(a, b)] })).unsaved).toMatch(/EISDIR/);
    expect(await a.dial('x', b, 300)).toEqual({ failed: 'timeout' });
    await testbed.stop('SIGKILL');
    await testbed.serve({ DEVNET_NETWORK: 'lab' });
    // Neither the cut from before nor the one that was not saved.
    expect((await testbed.runCommand('read')).state).toBeUndefined();
    expect(await testbed.sh('nft list tables')).toBe('');
  });
});

it('keeps connections between nodes out of conntrack where it is asked to, and tracks those that the proxy intercepts', async () => {
  const tracks = async (from: typeof a, to: typeof a) => {
    const connections = await testbed.sh('cat /proc/net/nf_conntrack');
    return connections.includes(`src=${from.node.address} dst=${to.node.address} `);
  };
  // The kernel tracks connections once a rule asks for their state.
  const closed = { closed: { dns: true } };
  await testbed.apply(closed);
  expect((await a.dial('tracked', b)).failed).toBeUndefined();
  expect(await tracks(a, b)).toBe(true);
  const untracked = { ...closed, untracked: '10.64.0.0/24' };
  await testbed.apply(untracked);
  expect((await c.dial('untracked', b)).failed).toBeUndefined();
  expect(await tracks(c, b)).toBe(false);

  await testbed.apply({ ...untracked, shaping: 'relay', conditions: [between(a, c, { delay: 20 })] });
  expect((await a.dial('proxied', c)).failed).toBeUndefined();
  await a.send({ op: 'write', connection: 'proxied', text: 'echo' });
  await until(() => a.text('proxied') === 'echo', 'the answer through the proxy');
  expect(await tracks(a, c)).toBe(true);

  // Once such a network is being taken down, its bridge passes nothing, until it is brought up again.
  await testbed.runCommand('clear');
  expect(await b.dial('late', c, 300)).toEqual({ failed: 'timeout' });
  await testbed.apply(untracked);
  expect((await b.dial('again', c)).failed).toBeUndefined();
});

it('loses the declared share of packets', async () => {
  const sent = 4_000;
  const loss = 0.1;
  await testbed.apply({ conditions: [between(a, b, { loss })] });
  await b.send({ op: 'collect', port: 4000 });
  await a.send({ op: 'datagrams', host: b.node.address, port: 4000, count: sent });
  const { datagrams } = await b.send<{ datagrams: number }>({ op: 'collected' });
  // Four standard deviations: detects a wrong probability, and almost never fails by chance.
  const tolerance = 4 * Math.sqrt((loss * (1 - loss)) / sent);
  expect(Math.abs((sent - datagrams) / sent - loss)).toBeLessThan(tolerance);
});

describe('rules and queues that are not ours', () => {
  it('are left alone; a foreign queue in the place of ours is reported', async () => {
    await testbed.sh(
      'nft add table bridge devnet-other && nft add chain bridge devnet-other mine && nft add table ip mine',
    );
    const [, port] = await Promise.all([testbed.plug(0), testbed.plug(1)]);
    await testbed.sh(`tc qdisc add dev ${port} root handle 1: tbf rate 1gbit burst 100k latency 10ms`);
    const tables = () => testbed.sh('nft list table bridge devnet-other; nft list table ip mine');
    const queue = () => testbed.sh(`tc qdisc show dev ${port}`);
    const before = [await tables(), await queue()];
    const conditions = [between(b, a, { rate: 1e6 }), between(a, b, { rate: 1e6, loss: 0.1 })];
    const { foreign, away } = await testbed.apply({ conditions });
    expect([foreign, away]).toEqual([[{ to: 'n2', address: b.node.address, interface: port, kind: 'tbf' }], []]);
    expect(testbed.log.find(({ event }) => event === 'queue_not_ours')).toMatchObject({ to: 'n2', level: 'warn' });
    expect(await testbed.sh('tc qdisc show')).toContain('htb de7e:');
    await testbed.runCommand('clear');
    expect(await testbed.sh('tc qdisc show')).not.toContain('de7e:');
    expect([await tables(), await queue()]).toEqual(before);
  });

  it('are removed if a killed agent left them for a bridge that is gone', async () => {
    await testbed.sh(
      'nft add table bridge devnet-old && nft add chain bridge devnet-old for_br-gone && nft add table ip devnet-old',
    );
    await testbed.apply({ cuts: [cut(a, b)] });
    expect(await testbed.sh('nft list tables')).toBe('table bridge devnet-lab\n');
    expect(testbed.log.find(({ event }) => event === 'stale_rules_removed')).toMatchObject({ devnet: 'old' });
  });

  it('are found by the name of their network, without a bridge and by an agent that lost its state', async () => {
    await testbed.apply({ cuts: [cut(a, b)], conditions: [between(a, b, { rate: 1e6 })] });
    await testbed.stop('SIGKILL');
    await rm(join(testbed.folder, 'state.json'));
    await testbed.serve({ DEVNET_NETWORK: 'lab' });
    expect(await testbed.sh('nft list tables; tc qdisc show')).not.toMatch(/devnet|htb/);
    await testbed.apply({ cuts: [cut(a, b)], conditions: [between(a, b, { rate: 1e6 })] });
    await testbed.stop('SIGKILL');
    expect(await testbed.runCommand('clear', '', ['lab'])).toEqual({ ok: true });
    expect(await testbed.sh('nft list tables; tc qdisc show')).not.toMatch(/devnet|htb/);
  });

  it('can be removed by name if a killed agent left them for a bridge that exists', async () => {
    await testbed.apply({ cuts: [cut(a, b)], conditions: [between(a, b, { rate: 1e6 })] });
    await testbed.stop('SIGKILL');
    expect(await testbed.runCommand('clear', '', ['lab', 'br-lab'])).toEqual({ ok: true });
    expect(await testbed.sh('nft list tables; tc qdisc show')).not.toMatch(/devnet|htb/);
  });

  it('a command without a serving agent fails with a hint', async () => {
    await testbed.stop();
    const { ok, error, hint } = await testbed.runCommand('show', '', [], { DEVNET_START_TIMEOUT_MS: '0' });
    expect([ok, hint]).toEqual([false, 'start it with: serve']);
    expect(error).toContain('links.sock');
  });

  it.each([
    ['a socket that a killed one left', 'SIGKILL' as const],
    ['no socket', undefined],
  ])('a command waits for an agent that is only starting, with %s', async (_, signal) => {
    await testbed.stop(signal);
    const reply = testbed.runCommand('read');
    await testbed.serve();
    expect(await reply).toMatchObject({ ok: true });
  });

  it('a state that cannot be applied changes nothing', async () => {
    await testbed.apply({ cuts: [cut(a, b)] });
    const rules = await testbed.sh('nft list ruleset');
    const bad = { conditions: [between(a, b, { delay: 5, duplicate: 0.1 })], shaping: 'relay' as const };
    await expect(testbed.apply(bad)).rejects.toThrow('"shaping: relay" does not support duplicate, set on n1 -> n2');
    await expect(testbed.apply({ devnet: 'another' })).rejects.toThrow('this agent serves lab, not another');
    expect(await testbed.sh('nft list ruleset')).toBe(rules);
  });
});

it('leaves nothing in the kernel, whatever was applied in any order and whenever the agent was killed', async () => {
  const random = xoroshiro128plus(1);
  const below = (limit: number): number => uniformInt(random, 0, limit - 1);
  const maybe = <T>(value: T): T[] => (below(2) === 0 ? [value] : []);
  const ends = [a, b, c];
  const ways = ends.flatMap((from) => ends.filter((to) => to !== from).map((to) => [from, to] as const));
  for (let round = 0; round < 30; round++) {
    const conditions = ways.flatMap(([from, to]) =>
      maybe(
        between(from, to, { ...maybe({ loss: below(100) / 100 })[0], ...maybe({ delay: below(50) })[0], rate: 1e6 }),
      ),
    );
    const cuts = ways.flatMap(([from, to]) => maybe({ ...cut(from, to), fault: `f${below(9)}` }));
    const messageFaults = ways.flatMap(([{ node: from }, { node: to }]) =>
      maybe({ fault: 'm', from: from.address, to: to.address, action: 'drop' as const, probability: 0.5 }),
    );
    if (below(8) === 0) {
      await testbed.stop('SIGKILL');
      await testbed.serve();
    }
    await testbed.apply({ conditions, cuts, messageFaults });
    if (below(3) === 0) void a.dial(`r${round}`, b, 100);
  }
  await testbed.runCommand('clear');
  expect(await testbed.sh('nft list ruleset; tc qdisc show')).not.toMatch(/table|htb|netem/);
  for (const [from, to] of ways) expect((await from.dial('after', to)).failed).toBeUndefined();
  // The interfaces of the capability probe are gone too.
  expect(await testbed.sh('ip link')).not.toContain('dnp');
}, 60_000);

describe('rates', () => {
  const rate = 20e6;
  const share = () => measureShareOfRate(a, b, rate, (connection) => a.dial(connection, b));

  it('are limited by the kernel, also after a node got a new interface', async () => {
    await b.send({ op: 'listen', port: 3001 });
    expect(await testbed.apply({ shaping: 'kernel', conditions: [between(a, b, { rate })] })).toMatchObject({
      kernel: 1,
      away: [],
    });
    expect(await share()).toBeCloseTo(1, 1);
    const veth = await testbed.plug(1);
    await a.dial('wake', b);
    await until(() => testbed.log.find(({ restored }) => restored), 'the new interface to be shaped');
    expect(await testbed.sh(`tc qdisc show dev ${veth}`)).toContain('htb de7e:');
    expect(await share()).toBeCloseTo(1, 1);
  });
});
