import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { heal } from '../../../src/controller/faults/heal.ts';
import { injectFault } from '../../../src/controller/faults/inject-fault.ts';
import { status } from '../../../src/controller/inspect/read-status.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import { readLinkConditions, readNetemReport } from '../../../src/controller/links/link-state.ts';
import { tailLogs } from '../../../src/controller/logs/tail-logs.ts';
import { sendToNode } from '../../../src/controller/peers/send-to-node.ts';
import { findNetworkState } from '../../../src/controller/state/network-state.ts';
import { inspectContainer } from '../../../src/engine/containers.ts';
import { execInContainer } from '../../../src/engine/exec.ts';
import type { Drift } from '../../../src/network/links/drift.ts';
import type { LinkMeasurement, MeasuredCondition } from '../../../src/network/links/link-measurement.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import { attachNetwork } from '../../../src/runtimes/find-networks.ts';
import { nftTables } from '../../support/engine-host.ts';
import { sandbox } from '../../support/sandbox.ts';
import { until } from '../../support/until.ts';

const box = await sandbox();
const { engine } = box;

const tables = () => nftTables(engine);

/** Settings of a node that checks its links often. */
const QUICK = 'env: { DEVNET_PING_INTERVAL_MS: "300", DEVNET_DEAD_AFTER_MS: "900", DEVNET_REDIAL_MAX_MS: "1000" }';

const hasNoDrift = ({ missing, broken, extra, down: gone }: Drift) =>
  [missing, broken, extra, gone].every((list) => list.length === 0);

/** Returns whether one node can connect to another. */
async function reaches(name: string, from: string, to: string): Promise<boolean> {
  const devnet = await findNetworkState(engine, name);
  const at = (node: string) => devnet.nodes.find((one) => one.name === node)!;
  const script = `
    const socket = require('net').connect(${at(to).port}, '${at(to).address}');
    socket.on('connect', () => process.exit(0)).on('error', () => process.exit(1));
    setTimeout(() => process.exit(1), 600);`;
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const out = { stdout: nowhere(), stderr: nowhere() };
  return (await execInContainer(engine, at(from).containerId, ['node', '-e', script], out)) === 0;
}

describe('injectFault and heal', async () => {
  const topology = box.topology(`
nodes: [a, b, c, d]
links: mesh
defaults: { ${QUICK} }`);
  const { devnet } = await up(engine, topology);
  const { name } = devnet;
  const field = async () => ({ engine, devnet: await findNetworkState(engine, name) });
  const drift = async () => (await status(engine, await findNetworkState(engine, name))).drift;

  it('cuts a partition in both directions and nothing else, and heals it', async () => {
    const cuts = [
      { from: ['a', 'b'], to: ['c', 'd'] },
      { from: ['c', 'd'], to: ['a', 'b'] },
    ];
    const { heal: back } = await injectFault(await field(), { kind: 'partition', cuts }, { name: 'split' });
    expect(await reaches(name, 'a', 'b')).toBe(true);
    expect(await reaches(name, 'a', 'c')).toBe(false);
    expect(await reaches(name, 'd', 'b')).toBe(false);
    const seen = await until(drift, '8 broken links', {
      accept: ({ broken }) => broken.length === 8,
      timeoutMs: 15_000,
    });
    expect(seen.down).toEqual([]);
    await back();
    await back();
    expect(await reaches(name, 'a', 'c')).toBe(true);
    await until(drift, 'no drift', { accept: hasNoDrift, timeoutMs: 30_000 });
    expect(await tables()).not.toContain(`devnet-${name}`);
  });

  it('heals each of two faults by its own name, and logs both', async () => {
    const cut = (from: string, to: string) => ({ kind: 'partition' as const, cuts: [{ from: [from], to: [to] }] });
    const began = Date.now() / 1_000;
    await Promise.all([
      injectFault(await field(), cut('a', 'b'), { name: 'one' }),
      injectFault(await field(), cut('a', 'c'), { name: 'two' }),
    ]);
    expect(await heal(await field(), ['one'])).toEqual({ names: ['one'], links: [] });
    expect(await reaches(name, 'a', 'b')).toBe(true);
    expect(await reaches(name, 'a', 'c')).toBe(false);
    expect(await heal(await field())).toEqual({ names: ['two'], links: [] });
    expect(await reaches(name, 'a', 'c')).toBe(true);
    const events: string[] = [];
    for await (const batch of tailLogs(engine, await findNetworkState(engine, name), { follow: false, since: began })) {
      for (const { event, fields } of batch) if (/^fault_/.test(event)) events.push(`${event} ${fields.fault}`);
    }
    expect(events.sort()).toEqual(['fault_healed one', 'fault_healed two', 'fault_injected one', 'fault_injected two']);
    await until(drift, 'no drift', { accept: hasNoDrift, timeoutMs: 30_000 });
  });

  it('heals an expired cut without the process that made it', async () => {
    const cuts = [{ from: ['a'], to: ['b'] }];
    // Long enough for a busy machine to look at it before.
    const healsAt = Date.now() + 10_000;
    await injectFault(await field(), { kind: 'partition', cuts }, { name: 'short', until: healsAt });
    expect(await reaches(name, 'a', 'b')).toBe(false);
    await until(() => reaches(name, 'a', 'b'), 'a to reach b');
    expect(Date.now()).toBeGreaterThanOrEqual(healsAt);
    await until(drift, 'no drift', { accept: hasNoDrift, timeoutMs: 30_000 });
  });

  it.each(['kill', 'stop', 'pause'] as const)(
    '%s: ends or pauses the node, and heals it with its peers',
    async (kind) => {
      const { heal: back } = await injectFault(await field(), { kind, node: 'b' }, { name: kind });
      const state = (await findNetworkState(engine, name)).nodes.find((node) => node.name === 'b')?.state;
      expect(state).toBe(kind === 'pause' ? 'paused' : 'exited');
      // The system still accepts connections for a node that is frozen.
      const lost = kind === 'pause' ? 0 : 3;
      await until(drift, 'the node to be down', {
        accept: ({ down: gone, broken }) => gone.length === 1 && broken.length >= lost,
        timeoutMs: 30_000,
      });
      await back();
      await until(drift, 'no drift', { accept: hasNoDrift, timeoutMs: 30_000 });
    },
  );

  it('restart: restores the peers of the node', async () => {
    const before = (await findNetworkState(engine, name)).nodes.find((node) => node.name === 'c')!;
    const { startedAt } = (await inspectContainer(engine, before.containerId))!;
    await injectFault(await field(), { kind: 'restart', node: 'c' }, { name: 'again' });
    expect((await inspectContainer(engine, before.containerId))?.startedAt).not.toBe(startedAt);
    await until(drift, 'no drift', { accept: hasNoDrift, timeoutMs: 30_000 });
  });

  it('squeeze: limits the node, and heals it with its declared limits', async () => {
    const { containerId } = devnet.nodes[0]!;
    const limits = async () => {
      const { HostConfig } = await engine.docker.getContainer(containerId).inspect();
      return { memory: HostConfig.Memory, cpus: (HostConfig.NanoCpus ?? 0) / 1e9 };
    };
    await injectFault(
      await field(),
      { kind: 'squeeze', node: 'a', cpus: 0.25, memory: 64 * 2 ** 20 },
      { name: 'tight' },
    );
    expect(await limits()).toEqual({ memory: 64 * 2 ** 20, cpus: 0.25 });
    expect((await heal(await field())).names).toEqual(['a']);
    expect((await limits()).memory).toBe(128 * 2 ** 20);
    expect((await limits()).cpus).toBeGreaterThanOrEqual(1);
    expect(await heal(await field())).toEqual({ names: [], links: [] });
  });

  it("drops only messages of one type in one direction, and keeps both ends' addresses", async () => {
    const fault = { kind: 'messages', from: 'a', to: 'b', type: 'gossip', action: 'drop' } as const;
    const cuts = ['c', 'd'].flatMap((other) => [
      { from: [other], to: ['b'] },
      { from: ['b'], to: [other] },
    ]);
    // So that b hears of anything from a alone.
    await injectFault(await field(), { kind: 'partition', cuts }, { name: 'alone' });
    await injectFault(await field(), fault, { name: 'deaf' });
    await until(drift, 'a -> b to be up', {
      accept: ({ broken }) => broken.every(({ from, to }) => `${from}${to}` !== 'ab'),
      timeoutMs: 30_000,
    });
    const tell = async (node: string, id: string) =>
      sendToNode(engine, await findNetworkState(engine, name), node, { message_type: 'gossip', payload: { id } }, 200);
    const heard = async (id: string) => {
      const nodes = new Set<string>();
      for await (const batch of tailLogs(engine, await findNetworkState(engine, name), { follow: false })) {
        for (const { event, node, fields } of batch)
          if (event === 'gossip_received' && fields.id === id) nodes.add(node);
      }
      return [...nodes].sort().join('');
    };
    /** Tells news until all of `whom` have it, each time under another id, as a link that is just dialed anew takes none. */
    let told = 0;
    const spread = (from: string, whom: string) =>
      until(
        async () => {
          const id = `from-${from}-${name}-${++told}`;
          await tell(from, id);
          return until(() => heard(id), 'these nodes to receive it', {
            accept: (nodes) => [...whom].every((node) => nodes.includes(node)),
            timeoutMs: 3_000,
          }).catch(() => heard(id));
        },
        'gossip to reach these nodes',
        { accept: (nodes) => [...whom].every((node) => nodes.includes(node)), timeoutMs: 30_000 },
      );
    expect(await spread('b', 'abcd')).toBe('abcd');
    expect(await spread('a', 'acd')).toBe('acd');
    const reply = await sendToNode(
      engine,
      await findNetworkState(engine, name),
      'b',
      { message_type: 'get_peers' },
      2_000,
    );
    const others = devnet.nodes.filter((node) => node.name !== 'b').map(({ address, port }) => `${address}:${port}`);
    expect([...(reply!.payload as string[])].sort()).toEqual(others.sort());
    await heal(await field());
    await until(drift, 'no drift', { accept: hasNoDrift, timeoutMs: 30_000 });
  });

  it('up heals every fault', async () => {
    const cuts = [{ from: ['a'], to: ['b', 'c', 'd'] }];
    await injectFault(await field(), { kind: 'partition', cuts }, { name: 'left' });
    await injectFault(await field(), { kind: 'link', from: 'c', to: 'd', quality: { loss: 0.5 } }, { name: 'bad' });
    await injectFault(await field(), { kind: 'kill', node: 'd' }, { name: 'dead' });
    const { steps, drift: found } = await up(engine, topology);
    expect(steps).toContainEqual(expect.objectContaining({ do: 'set conditions', why: 'heals left' }));
    expect(hasNoDrift(found)).toBe(true);
    expect((await up(engine, topology)).steps).toEqual([]);
    expect(await readLinkConditions(engine, await findNetworkState(engine, name))).toEqual([]);
  });

  it('an error names an unknown node or fault, and lists the known ones', async () => {
    const cuts = [{ from: ['a'], to: ['z'] }];
    await expect(injectFault(await field(), { kind: 'partition', cuts }, { name: 'x' })).rejects.toThrow(
      'has no node "z"',
    );
    await expect(heal(await field(), ['nothing'])).rejects.toThrow('no fault and no node "nothing"');
  });

  it('down removes every fault, also after the netem agent was killed', async () => {
    const cuts = [{ from: ['a'], to: ['b'] }];
    await injectFault(await field(), { kind: 'partition', cuts }, { name: 'last' });
    expect(await tables()).toContain(`devnet-${name}`);
    const { netemId: linksId } = await findNetworkState(engine, name);
    await engine.docker.getContainer(linksId as string).kill({ signal: 'SIGKILL' });
    await down(engine, await findNetworkState(engine, name));
    expect(await tables()).not.toContain(`devnet-${name}`);
  });
});

describe('a connected link without traffic', () => {
  it('is reconnected when a fault needs the proxy, so that no message is lost', async () => {
    const { devnet } = await up(
      engine,
      box.topology(`
nodes: [a, b]
links: ['a <-> b']
defaults: { env: { DEVNET_PING_INTERVAL_MS: "60000", DEVNET_DEAD_AFTER_MS: "180000" } }`),
    );
    const field = { engine, devnet: await findNetworkState(engine, devnet.name) };
    await injectFault(field, { kind: 'messages', from: 'b', to: 'a', type: 'chat', action: 'drop' }, { name: 'mute' });
    const relayed = async () => ((await readNetemReport(engine, field.devnet)) as { relayed: object[] }).relayed;
    await until(relayed, '2 proxied links', { accept: ({ length }) => length === 2, timeoutMs: 10_000 });
    await until(async () => (await status(engine, field.devnet)).drift, 'no drift', {
      accept: hasNoDrift,
      timeoutMs: 10_000,
    });
    await sendToNode(engine, field.devnet, 'b', { message_type: 'gossip', payload: { id: 'first' } }, 200);
    const heard = async () => {
      const events: LogEntry[] = [];
      for await (const batch of tailLogs(engine, field.devnet, { follow: false })) events.push(...batch);
      return events.filter(({ event, node }) => event === 'gossip_received' && node === 'a').length;
    };
    await until(heard, 'gossip to be received once', { accept: (times) => times === 1, timeoutMs: 10_000 });
  });
});

describe('declared link conditions', () => {
  it('apply from the first packet, are measured, change without a restart, and are removed', async () => {
    const file = (loss: string) => `
nodes: [a, b, c]
links:
  - { link: a <-> b, loss: ${loss} }
  - { link: b <-> c, rate: 2mbit, delay: 5ms }
  - { link: a <-> c, delay: 40ms }`;
    const topology = box.topology(file('20%'));
    const { name } = topology;
    await up(engine, topology);
    // A busy machine may keep packets waiting, but it cannot hurry them: the best of three tells of the links.
    const close = ({ measured, asked, outside }: MeasuredCondition) =>
      !outside && Math.abs(measured.value - asked) < Math.max(3, asked / 10);
    const timed = (all: LinkMeasurement[]) =>
      all.flatMap(({ rate, roundTrip }) => [rate ?? [], roundTrip ?? []].flat());
    const asked = (all: LinkMeasurement[]) => timed(all).filter((finding) => finding.asked > 0);
    let found: LinkMeasurement[] = [];
    for (let tries = 0; tries < 3 && !(tries > 0 && asked(found).every(close)); tries++) {
      found = await (await attachNetwork(name)).measureLinks({ pings: 20, datagrams: 2_000, milliseconds: 1_500 });
    }
    const way = (from: string, to: string) => found.find((one) => one.from === from && one.to === to)!;
    for (const [from, to] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const { loss } = way(from, to);
      expect(loss?.asked).toBe(0.2);
      // Five standard deviations: once in two million runs it is not.
      expect(Math.abs(loss!.measured.value - 0.2)).toBeLessThan(5 * Math.sqrt((0.2 * 0.8) / loss!.measured.of));
    }
    for (const [from, to] of [
      ['a', 'c'],
      ['c', 'a'],
    ] as const) {
      const { roundTrip } = way(from, to);
      expect(roundTrip?.asked).toBe(80);
      expect(roundTrip!.measured.value).toBeGreaterThan(79);
      expect(roundTrip!.measured.value).toBeLessThan(90);
    }
    for (const [from, to] of [
      ['b', 'c'],
      ['c', 'b'],
    ] as const) {
      const { rate, roundTrip } = way(from, to);
      expect(rate?.asked).toBe(2_000_000);
      expect(close(rate!), `${rate!.measured.value} bit/s`).toBe(true);
      expect([rate, roundTrip]).toMatchObject([{ outside: false }, { asked: 10, outside: false }]);
    }
    const changed = await up(engine, { ...box.topology(file('5%')), name });
    expect(changed.steps).toEqual([{ do: 'set conditions', pairs: 6, why: 'changed' }]);
    expect(await tables()).toContain(`devnet-${name}`);
    await down(engine, await findNetworkState(engine, name));
    expect(await tables()).not.toContain(`devnet-${name}`);
  });
});
