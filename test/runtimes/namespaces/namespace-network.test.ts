import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Devnet } from '../../../src/index.ts';
import { execAndCollect } from '../../../src/network/exec.ts';
import { reconcileLinks } from '../../../src/network/reconcile/reconcile-links.ts';
import { startNamespaceNetwork } from '../../../src/runtimes/namespaces/namespace-runtime.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { hasNamespaces } from '../../support/namespaces.ts';
import { until } from '../../support/until.ts';

const topology = (yaml: string) => {
  const name = `spaces-${process.pid}`;
  return { ...parseTopology(yaml, { file: 'net.yaml', name }), name };
};

describe.skipIf(!hasNamespaces)('a network in namespaces', () => {
  it('takes other links with their conditions, and the old ones back where they do not come up', async () => {
    const { network } = await startNamespaceNetwork(topology('nodes: [a, b]\nlinks: [{ link: a -> b, delay: 5ms }]'));
    try {
      const links = [{ from: 'b', to: 'a' }];
      const conditions = [{ from: 'a', to: 'b', delay: 30 }];
      const delays = async () => (await network.linkConditions()).map(({ from, to, delay }) => [from, to, delay]);
      const before = await delays();
      expect(before).toContainEqual(['a', 'b', 5]);
      await expect(network.declareLinks(links, () => Promise.reject(new Error('no')), conditions)).rejects.toThrow(
        'no',
      );
      expect(await delays()).toEqual(before);
      await network.inject({ kind: 'partition', cuts: [{ from: ['a'], to: ['b'] }] });
      const { signal } = new AbortController();
      const apply: Parameters<typeof network.declareLinks>[1] = (nodes) =>
        reconcileLinks(network, links, { timeoutMs: 20_000, signal, nodes });
      await network.declareLinks(links, apply, conditions);
      expect(network.topology).toMatchObject({ links, conditions });
      expect(await delays()).toEqual([['a', 'b', 30]]);
      expect(await network.activeFaults()).toEqual([]);
    } finally {
      await network.down();
    }
  });

  it('gives the terminal of a command the size of the one that it is shown in, also when that changes', async () => {
    const { network } = await startNamespaceNetwork(topology('nodes: [a]'));
    try {
      let size = { columns: 99, rows: 33 };
      let notify = () => {};
      const onResize = (listener: () => void) => {
        notify = listener;
        return () => {};
      };
      let output = '';
      const stdout = new PassThrough().setEncoding('utf8').on('data', (piece) => {
        output += piece;
      });
      const stdin = new PassThrough();
      const script = `process.stdin.on("data", () => process.exit(5)); const { stdout } = process; const show = () => console.log(stdout.columns + "x" + stdout.rows); show(); stdout.on("resize", show);`;
      const streams = { stdin, stdout, stderr: stdout, terminal: { size: () => size, onResize } };
      const running = network.exec('a', [process.execPath, '-e', script], streams);
      await until(() => output.includes('99x33\r\n'), 'the first size');
      size = { columns: 111, rows: 44 };
      notify();
      await until(() => output.includes('111x44\r\n'), 'the second size');
      stdin.write('\n');
      expect(await running).toBe(5);
    } finally {
      await network.down();
    }
  });

  it('runs programs of this machine, in a folder and with an environment of their own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'devnet-command-'));
    try {
      writeFileSync(
        join(folder, 'node.cjs'),
        "require('net').createServer().listen(Number(process.env.DEVNET_PORT), () => console.log(process.env.COLOUR + ' in ' + process.cwd()));",
      );
      const command = [process.execPath, 'node.cjs'];
      const own = { command, cwd: folder, port: 4100, env: { COLOUR: 'blue' } };
      await using net = await Devnet.up({ nodes: { a: own, b: {} } }, { engine: 'namespaces', artifacts: false });
      expect(net.node('a').address).toMatch(/:4100$/);
      const lines: string[] = [];
      for await (const { fields } of net.node('a').logs({ follow: false })) lines.push(String(fields.text));
      expect(lines).toEqual([`blue in ${folder}`]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses what needs containers by name', async () => {
    const refused = startNamespaceNetwork(topology('nodes: { a: { image: mine, memory: 64m, user: 0 } }'));
    await expect(refused).rejects.toMatchObject({
      code: 'usage',
      message: 'the namespaces runtime does not support: image mine of a, user of a',
      hint: expect.stringContaining('--engine containers'),
    });
  });

  it('is changed into the topology of a second start, which leaves alone what is the same', async () => {
    const before = 'nodes: { a: {}, b: {}, c: {}, e: {} }\nlinks: [{ link: a -> b, delay: 5ms }, b -> c, e -> a]';
    const { network } = await startNamespaceNetwork(topology(before));
    try {
      expect((await startNamespaceNetwork(topology(before))).steps).toEqual([]);
      const addressOf = (node: string) => network.addresses.get(node)?.host;
      await network.inject({ kind: 'partition', cuts: [{ from: ['a'], to: ['e'] }] }, { name: 'cut' });

      const after = `nodes: { a: {}, b: { env: { COLOUR: red } }, d: {}, e: {} }
links: [{ link: a -> d, delay: 30ms }, b -> a, e -> a]`;
      const changed = await startNamespaceNetwork(topology(after));
      expect(changed.steps).toEqual([
        { do: 'remove node', node: 'c', why: 'no longer declared' },
        { do: 'remove node', node: 'b', why: 'changed: env' },
        { do: 'make node', node: 'b', why: 'changed: env' },
        { do: 'make node', node: 'd', why: 'new' },
        { do: 'set conditions', pairs: 2, why: 'heals cut' },
        { do: 'add link', from: 'a', to: 'd' },
        expect.objectContaining({ do: 'remove link', from: 'a', to: 'b' }),
        { do: 'add link', from: 'b', to: 'a' },
      ]);
      const { network: now } = changed;
      expect(now.topology.links).toEqual(topology(after).links);
      expect([...now.addresses.keys()]).toEqual(['a', 'b', 'd', 'e']);
      expect(now.addresses.get('b')?.host).toBe(addressOf('b'));
      expect((await now.status()).drift).toMatchObject({ missing: [], extra: [], broken: [], down: [] });
      expect(await now.activeFaults()).toEqual([]);
      expect((await now.linkConditions()).map(({ from, to, delay }) => `${from} ${to} ${delay}`)).toEqual(
        expect.arrayContaining(['a d 30', 'd a 30']),
      );
      const hosts = await execAndCollect(now, 'a', ['cat', '/etc/hosts']);
      expect(hosts.stdout).toContain(`${now.addresses.get('d')?.host} d\n`);
      const starts: string[] = [];
      for await (const batch of await now.readLog({ follow: false })) {
        starts.push(...batch.flatMap(({ event, node }) => (event === 'listening' ? node : [])));
      }
      expect(starts.sort()).toEqual(['a', 'b', 'b', 'c', 'd', 'e']);
    } finally {
      await network.down();
    }
  });

  it('is replaced by a second start with another subnet', async () => {
    const first = await startNamespaceNetwork(topology('nodes: [a]\nsubnet: 10.77.1.0/24'));
    const second = await startNamespaceNetwork(topology('nodes: [a]\nsubnet: 10.77.2.0/24'));
    try {
      expect(second.steps[0]).toMatchObject({
        do: 'remove node',
        node: 'a',
        why: 'the subnet changes to 10.77.2.0/24',
      });
      expect(second.network.addresses.get('a')?.host).toBe('10.77.2.2');
      await expect(first.network.summary()).resolves.toMatchObject({ subnet: '10.77.2.0/24' });
    } finally {
      await second.network.down();
    }
  });

  it('goes on after a change that failed, where it is told to', async () => {
    const { network } = await startNamespaceNetwork(topology('nodes: [a, b]\nlinks: [a -> b]'));
    try {
      const broken = topology('nodes: { a: {}, b: {}, c: { command: ["false"] } }\nlinks: [a -> b, a -> c]');
      await expect(startNamespaceNetwork(broken)).rejects.toMatchObject({
        code: 'node_died',
        message: expect.stringMatching(/^c ended with exit code 1/),
        hint: expect.stringContaining('devnet up again continues'),
      });
      const { network: now, steps } = await startNamespaceNetwork(
        topology('nodes: [a, b, c]\nlinks: [a -> b, a -> c]'),
      );
      expect(steps).toContainEqual({ do: 'make node', node: 'c', why: 'it is exited' });
      expect((await now.status()).drift).toMatchObject({ missing: [], broken: [], down: [] });
    } finally {
      await network.down();
    }
  });
});
