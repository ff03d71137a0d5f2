import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { status } from '../../../src/controller/inspect/read-status.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import { killContainer, pauseContainer } from '../../../src/engine/container-lifecycle.ts';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import { readContainerMemory } from '../../../src/engine/resource-usage.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { devnet } from '../../support/cli.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { reference } = await ensureBaseImage(box.engine);

/** A node that answers what `answers` says it does, with its peers; anything else gets `otherwise`, or no answer. */
const node = (answers: string[], otherwise = '') => {
  const script = `
    const peers = [];
    require('net').createServer((socket) => {
      socket.on('error', () => {}).on('data', (data) => {
        const { message_type: type, payload } = JSON.parse(String(data));
        if (type === 'add_peer') peers.push(payload);
        if (${JSON.stringify(answers)}.includes(type)) socket.write(JSON.stringify({ message_type: 'peers', payload: peers }) + '\\n\\n');
        else socket.end(${JSON.stringify(otherwise)});
      });
    }).listen(3000)`;
  return `{ image: "${reference}", command: [node, -e, ${JSON.stringify(script)}] }`;
};

const UNKNOWN = '{"message_type":"error","payload":{"code":"unknown_type","message":"what?"}}\n\n';

describe('status', () => {
  it('lists the requests that other implementations do not answer, and what that limits', async () => {
    const listing = node(['add_peer', 'get_peers', 'remove_peer']);
    const refusing = node(['add_peer', 'get_peers'], UNKNOWN);
    const yaml = `nodes: { own: , listing: ${listing}, refusing: ${refusing}, mute: ${node([])} }\nlinks: [own -> listing, listing -> own, refusing -> own, mute -> own]`;
    const { devnet: network } = await box.up(yaml);

    const { stdout } = await devnet(['status', network.name, '--json']);
    const lacks = JSON.parse(stdout).nodes.map(({ name, lacks }: { name: string; lacks: string[] }) => [name, lacks]);
    expect(Object.fromEntries(lacks)).toEqual({
      own: [],
      listing: ['get_status'],
      refusing: ['get_status', 'remove_peer'],
      mute: ['get_status', 'get_peers', 'remove_peer'],
    });

    const text = await devnet(['status', network.name]);
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(
      /! not answered\n {2}get_status, by listing, refusing, mute: .*\n {2}get_peers, by mute: .*\n {2}remove_peer, by refusing, mute: .*\n$/,
    );

    // The requests changed nothing, and a node that does not run is not listed.
    await box.engine.docker.getContainer(network.nodes[0]?.containerId as string).kill();
    const after = JSON.parse((await devnet(['status', network.name, '--json'])).stdout);
    expect(after.drift.missing).toEqual([]);
    expect(after.nodes[0]).toMatchObject({ name: 'own', state: 'exited' });
    expect(after.nodes[0]).not.toHaveProperty('lacks');
  });

  it('lists none where every node answers all requests', async () => {
    const { devnet: network } = await box.up('nodes: [a, b]\nlinks: [a <-> b]');
    expect((await devnet(['status', network.name])).stdout).toMatch(/no drift: the graph is as declared\n$/);
  });

  it('says that the faults are unknown, and why, where the netem agent is stopped', async () => {
    const { devnet: network } = await box.up('nodes: [a, b]\nlinks: { shape: line, loss: 1% }');
    await box.engine.docker.getContainer(network.netemId as string).kill({ signal: 'SIGSTOP' });
    const { stdout } = await devnet(['status', network.name, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      nodes: [{ state: 'running' }, { state: 'running' }],
      faults: [],
      faultsUnknown: expect.stringMatching(/netem agent runs, but does not answer after 30 s/),
    });
  });

  it('shows the memory that the engine counts', async () => {
    const { devnet: network } = await box.up('nodes: [a, b]');
    const { nodes } = JSON.parse((await devnet(['status', network.name, '--json'])).stdout);
    for (const [index, { containerId }] of network.nodes.entries()) {
      const counted = (await readContainerMemory(box.engine, containerId)) as number;
      expect(nodes[index].memory / counted).toBeGreaterThan(0.8);
      expect(nodes[index].memory / counted).toBeLessThan(1.25);
    }
  });

  it('asks the engine about one container for those that answer, and about each of the others', async () => {
    const running = { state: 'running', uptime: expect.any(Number), memory: expect.any(Number) };
    const { devnet: network } = await box.up(
      `nodes: { a: , b: , c: , d: , other: ${node(['add_peer', 'get_peers'])} }\nlinks: [a -> b]`,
    );
    const states = async () => {
      const inspected: string[] = [];
      const { modem } = box.engine.docker as unknown as { modem: { dial(request: { path: string }): void } };
      const { dial } = modem;
      modem.dial = function (request, ...rest: []) {
        inspected.push(...(/^\/containers\/(\w+)\/json/.exec(request.path)?.slice(1) ?? []));
        dial.call(this, request, ...rest);
      };
      try {
        const { nodes } = await status(box.engine, network);
        const names = inspected.flatMap((id) => network.nodes.find((one) => one.containerId === id)?.name ?? []);
        return { nodes: Object.fromEntries(nodes.map((one) => [one.name, one])), inspected: names.sort() };
      } finally {
        modem.dial = dial;
      }
    };
    const before = await states();
    expect(before.nodes).toMatchObject({ a: running, b: running, c: running, d: running, other: running });
    expect(before.inspected).toEqual(['a', 'other']);
    for (const { uptime } of Object.values(before.nodes)) {
      expect(uptime).toBeGreaterThan(0);
      expect(uptime).toBeLessThan(300);
    }

    // The network was observed before that: a node that does not answer may have ended since.
    const id = (name: string) => network.nodes.find((one) => one.name === name)!.containerId;
    await killContainer(box.engine, id('a'), 'a');
    await pauseContainer(box.engine, id('b'), 'b');
    await box.engine.docker.getContainer(id('c')).remove({ force: true });
    const after = await states();
    expect(after.nodes).toMatchObject({
      a: { state: 'exited', exitCode: 137 },
      b: { state: 'paused' },
      c: { state: 'missing' },
      d: running,
      other: running,
    });
    for (const name of ['a', 'b', 'c']) {
      expect(after.nodes[name]).not.toHaveProperty('uptime');
      expect(after.nodes[name]).not.toHaveProperty('memory');
    }
    expect(after.inspected).not.toContain('d');
  });

  it('shows round trips of this moment, with their age', async () => {
    const { devnet: network } = await box.up('nodes: [a, b]\nlinks: [a <-> b]');
    await wait(4_000);
    const { links } = JSON.parse((await devnet(['status', network.name, '--json'])).stdout);
    expect(links).toHaveLength(2);
    for (const { rtt, rttAgeMs } of links) {
      expect(rtt).toBeGreaterThan(0);
      expect(rttAgeMs).toBeGreaterThanOrEqual(0);
      expect(rttAgeMs).toBeLessThan(4_000);
    }
  });

  it('compares with both topologies after an up that failed, until one succeeds', async () => {
    const topology = box.topology('nodes: [a, b]\nlinks: [a <-> b]');
    const { name } = topology;
    await up(box.engine, topology);
    const dies =
      'nodes: { a: , b: { memory: 96m }, c: , d: { env: { DEVNET_MAX_PEERS: none } } }\nlinks: [a -> c, d -> a]';
    const bad = { ...parseTopology(dies, { file: 'x', name: 'x' }), name };
    await expect(up(box.engine, bad)).rejects.toThrow('d ended');
    const read = async () => JSON.parse((await devnet(['status', name, '--json'])).stdout);
    const names = (nodes: { name: string }[]) => nodes.map((node) => node.name);

    const failed = await read();
    expect(names(failed.nodes)).toEqual(['a', 'b']);
    expect(failed.wanted.changing).toBe(false);
    expect(names(failed.wanted.nodes)).toEqual(['a', 'b', 'c', 'd']);
    expect(failed.wanted.nodes[3].state).toBe('exited');
    expect(failed.wanted.drift.down).toEqual(['d']);
    const text = await devnet(['status', name]);
    expect(text.stdout).toContain('the last up failed; devnet up again continues');
    expect(text.stdout).toContain('down: d');

    // A second failure replaces the first one's topology.
    const worse = { ...bad, nodes: bad.nodes.filter((node) => node.name !== 'c'), links: [] };
    await expect(up(box.engine, worse)).rejects.toThrow('d ended');
    expect(names((await read()).wanted.nodes)).toEqual(['a', 'b', 'd']);

    const { steps } = await up(box.engine, topology);
    // Also `b` is as declared again, though its declared settings did not change between the two that succeeded.
    expect(steps).toContainEqual(expect.objectContaining({ do: 'make node', node: 'b' }));
    expect(steps).not.toContainEqual(expect.objectContaining({ node: 'b', why: 'its settings are unknown' }));
    const healed = await read();
    expect(names(healed.nodes)).toEqual(['a', 'b']);
    expect(healed).not.toHaveProperty('wanted');
    expect(healed.drift).toEqual({ missing: [], broken: [], extra: [], unknown: [], listed: [], down: [] });
  });
});
