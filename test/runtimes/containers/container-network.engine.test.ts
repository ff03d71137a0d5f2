import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import {
  connectEngine,
  Devnet,
  type DevnetError,
  type DevnetOptions,
  down,
  findNetworkState,
  observe,
  type RuntimeName,
  shapes,
} from '../../../src/index.ts';
import { root } from '../../support/paths.ts';

const engine = await connectEngine();

describe('nodes in containers', () => {
  it('freeze, and go on where they were', async () => {
    await using net = await Devnet.up({ ...shapes.mesh(3), name: 'lib' });
    const n2 = net.node('n2');
    await n2.pause();
    expect(await n2.state()).toBe('paused');
    await expect(n2.send('ping')).rejects.toMatchObject({ code: 'node_unreachable', message: /it is paused$/ });
    expect((await net.gossip('n1')).receipts.map(({ node }) => node).sort()).toEqual(['n1', 'n3']);
    await n2.unpause();
    expect(await n2.send('ping', 1)).toEqual({ message_type: 'pong', payload: 1 });
    await net.converged();
    // It is still the same process.
    const started: string[] = [];
    for await (const { time } of n2.logs({ follow: false, event: 'listening' })) started.push(time);
    expect(started).toHaveLength(1);
  });

  it('run commands', async () => {
    await using net = await Devnet.up({ nodes: { a: { env: { COLOUR: 'red' } } }, name: 'lib' });
    const program = 'console.log(process.env.COLOUR); console.error("oh"); process.exit(3)';
    expect(await net.node('a').exec(['node', '-e', program])).toEqual({ exitCode: 3, stdout: 'red\n', stderr: 'oh\n' });
  });

  it('report that the network was taken down elsewhere', async () => {
    await using net = await Devnet.up({ ...shapes.ring(3), name: 'lib' });
    await down(engine, await findNetworkState(engine, net.name));
    await expect(net.graph()).rejects.toMatchObject({ code: 'no_such_devnet', message: /gone/ });
  });

  it('show other processes the links that were declared last', async () => {
    await using net = await Devnet.up({ ...shapes.ring(4), name: 'lib' });
    await net.relink([{ from: 'n1', to: 'n3' }]);
    const seen = await findNetworkState(engine, net.name);
    expect(seen.topology).toEqual(net.topology);
    expect(seen.changing).toBe(false);
  });

  it('that answer nothing are sent their new links once, and not verified', async () => {
    const { reference: image } = await ensureBaseImage(engine);
    const script = `
      require('net').createServer((socket) => {
        socket.on('error', () => {}).on('data', (text) => console.log(String(text).trim()));
      }).listen(3000);`;
    await using net = await Devnet.up({
      nodes: { mute: { image, command: ['node', '-e', script] }, a: {}, b: {} },
      links: ['mute -> a'],
      name: 'lib',
    });
    await net.relink({ nodes: ['mute', 'a', 'b'], links: ['mute -> b', 'a -> mute'] });
    const heard: unknown[] = [];
    for await (const { fields } of net.node('mute').logs({ event: 'output' })) {
      heard.push(JSON.parse(String(fields.text)));
      if (String(fields.text).includes('remove_peer')) break;
    }
    const told = heard.filter((message) => /_peer"/.test(JSON.stringify(message)));
    expect(told).toEqual([
      { message_type: 'add_peer', payload: net.node('a').address },
      { message_type: 'add_peer', payload: net.node('b').address },
      { message_type: 'remove_peer', payload: net.node('a').address },
    ]);
    expect((await net.graph()).drift).toMatchObject({ unknown: [{ from: 'mute', to: 'b' }], missing: [], extra: [] });
  });

  it('are partitioned, and heal', async () => {
    const env = { DEVNET_PING_INTERVAL_MS: '300', DEVNET_DEAD_AFTER_MS: '900', DEVNET_REDIAL_MAX_MS: '500' };
    await using net = await Devnet.up({ ...shapes.mesh(4), defaults: { env }, name: 'lib' }, { artifacts: false });
    const split = await net.partition([
      ['n1', 'n2'],
      ['n3', 'n4'],
    ]);
    // Gossip for a link that is being dialed is dropped, so it is sent until it arrives.
    const told = () => net.gossip('n1', 'here', { to: ['n2'], timeout: 3_000 }).catch(() => undefined);
    const reached = (await net.waitFor(told, { timeout: 30_000 }))!;
    expect(reached.receipts.map(({ node }) => node).sort()).toEqual(['n1', 'n2']);
    await expect(net.gossip('n1', 'there', { to: ['n3'], timeout: 3_000 })).rejects.toThrow('not by n3');
    await net.waitFor(async () => (await net.graph()).drift.broken.length === 8, { timeout: 30_000 });
    await split.heal();
    await net.converged();
    expect(await net.heal()).toEqual([]);
  });

  it('are cut in half by a preset, and squeezed, until all is healed', async () => {
    await using net = await Devnet.up({ ...shapes.mesh(4), name: 'lib' }, { artifacts: false });
    const split = await net.partition('halves', { name: 'split' });
    const cut = (from: string[], to: string[]) => ({ from, to });
    expect(split).toMatchObject({
      name: 'split',
      fault: { cuts: [cut(['n1', 'n2'], ['n3', 'n4']), cut(['n3', 'n4'], ['n1', 'n2'])] },
    });
    const limited = await net.node('n1').squeeze({ cpus: 0.5, memory: '64m' });
    expect(limited.fault).toEqual({ kind: 'squeeze', node: 'n1', cpus: 0.5, memory: 64 * 1024 ** 2 });
    const memoryOf = async () => {
      const { HostConfig } = await engine.docker.getContainer(`devnet.${net.name}.n1`).inspect();
      return HostConfig.Memory;
    };
    expect(await memoryOf()).toBe(64 * 1024 ** 2);
    await limited.heal();
    expect(await memoryOf()).toBe(128 * 1024 ** 2);
    await net.node('n1').squeeze({ memory: '64m' });
    expect(await net.heal('n1')).toEqual(['n1']);
    expect(await net.heal()).toEqual(['split']);
  });

  it('have links with other conditions, and drop messages', async () => {
    await using net = await Devnet.up({ ...shapes.line(3), name: 'lib' }, { artifacts: false });
    // The first packet on a connection that stood before is lost, and resets it.
    const settled = (to: ('n1' | 'n2' | 'n3')[]) =>
      net.waitFor(() => net.gossip('n1', 'stir', { to, timeout: 1_500 }).catch(() => false), { timeout: 30_000 });
    const slow = await net.link('n1', 'n2').set({ delay: '300ms' });
    await settled(['n1', 'n2', 'n3']);
    const { receipts } = await net.gossip('n1', 'slow');
    const at = (node: string) => receipts.find((receipt) => receipt.node === node)!.ms;
    expect(at('n2') - at('n1')).toBeGreaterThan(280);
    await slow.heal();
    await net.messages('n2', 'n3', { type: 'gossip', action: 'drop' });
    await settled(['n1', 'n2']);
    await expect(net.gossip('n1', 'unheard', { timeout: 4_000 })).rejects.toThrow('not by n3');
    expect(await net.node('n3').send('ping', 1)).toEqual({ message_type: 'pong', payload: 1 });
    await expect(net.link('n1', 'n2').set({ delay: 'soon' })).rejects.toMatchObject({ code: 'usage' });
  });

  it("are left up after a failure only with onFailure: 'keep'", async () => {
    const options: DevnetOptions = { onFailure: 'keep', artifacts: false };
    const howToLook = (name: string) =>
      `\n  "${name}" is left up: devnet status ${name}, devnet logs ${name}; devnet down ${name} removes it`;
    const kept = await Devnet.up({ ...shapes.ring(3), name: 'lib' }, options);
    const failing = kept.waitFor(() => false, { timeout: 50 });
    await expect(failing).rejects.toThrow(howToLook(kept.name));
    await kept[Symbol.asyncDispose]();
    expect(await observe(engine, kept.name)).toBeDefined();
    await kept.down();
    expect(await observe(engine, kept.name)).toBeUndefined();

    const fine = await Devnet.up({ ...shapes.ring(3), name: 'lib' }, options);
    await fine[Symbol.asyncDispose]();
    expect(await observe(engine, fine.name)).toBeUndefined();

    let run: Devnet<string> | undefined;
    const running = Devnet.run({ ...shapes.ring(3), name: 'lib' }, options, (net) => {
      run = net;
      expect(net.nodes).toHaveLength(4);
    });
    await expect(running).rejects.toThrow(/^expected \[[\s\S]* is left up: devnet status /);
    await run?.node('n1').send('ping');
    await run?.down();

    const broken = { nodes: { a: { env: { DEVNET_MAX_PEERS: 'none' } } }, name: 'lib' };
    const refusal = await Devnet.up(broken, options).catch((cause: DevnetError) => cause);
    expect(refusal).toMatchObject({ code: 'node_died', message: expect.stringMatching(/"lib-\w+" is left up/) });
    const name = /"(lib-\w+)"/.exec((refusal as DevnetError).message)?.[1] as string;
    const left = await findNetworkState(engine, name);
    await down(engine, left);
  });
});

describe('networks of many processes', () => {
  const library = pathToFileURL(join(root, 'dist', 'index.js')).href;

  /** A program that brings a network up and prints its addresses; then, when told to, its drift and the reach of a gossip message. */
  const program = (engine: RuntimeName) => `
    import { once } from 'node:events';
    import { Devnet, hasNoDrift, shapes } from ${JSON.stringify(library)};
    const net = await Devnet.up({ ...shapes.ring(4), name: 'lib' }, { engine: '${engine}' });
    try {
      console.log(JSON.stringify(net.nodes.map(({ address }) => address)));
      await once(process.stdin, 'data');
      const { reached } = await net.gossip('n1');
      console.log(JSON.stringify([net.name, hasNoDrift((await net.graph()).drift), reached]));
    } finally {
      await net.down();
    }`;

  it.each<RuntimeName>(['containers', 'process'])(
    'have their own addresses when eight come up at once: %s',
    async (engine) => {
      const children = Array.from({ length: 8 }, () =>
        spawn(process.execPath, ['--input-type=module', '-e', program(engine)], { stdio: ['pipe', 'pipe', 'pipe'] }),
      );
      const ended = children.map(async (child) => {
        const errors = text(child.stderr);
        const [status] = (await once(child, 'close')) as [number];
        return { status, errors: await errors };
      });
      const lines = children.map((child) => createInterface(child.stdout)[Symbol.asyncIterator]());
      const next = async () =>
        (await Promise.all(lines.map((line) => line.next()))).map(({ value }) => value as string);
      const addresses = (await next()).flatMap((line) => JSON.parse(line ?? '[]') as string[]);
      for (const { stdin } of children) stdin.end('go\n');
      const seen = (await next()).map((line) => JSON.parse(line ?? '[]') as unknown[]);
      expect(await Promise.all(ended)).toEqual(Array(8).fill({ status: 0, errors: '' }));
      expect(new Set(addresses).size).toBe(32);
      expect(new Set(seen.map(([name]) => name)).size).toBe(8);
      expect(seen.map(([, free, reached]) => [free, reached])).toEqual(Array(8).fill([true, 4]));
    },
  );
});
