import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Devnet } from '../../../src/index.ts';
import { reconcileLinks } from '../../../src/network/link-reconciler.ts';
import { startNamespaceNetwork } from '../../../src/runtimes/namespaces/namespace-runtime.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { hasNamespaces } from '../../support/namespaces.ts';

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

  it('refuses what needs containers by name, and a second network of its name', async () => {
    const refused = startNamespaceNetwork(topology('nodes: { a: { image: mine, memory: 64m, user: 0 } }'));
    await expect(refused).rejects.toMatchObject({
      code: 'usage',
      message: 'the namespaces runtime does not support: image mine of a, memory of a, user of a',
      hint: expect.stringContaining('--engine containers'),
    });
    const { network } = await startNamespaceNetwork(topology('nodes: [a]'));
    try {
      await expect(startNamespaceNetwork(topology('nodes: [a]'))).rejects.toMatchObject({ code: 'name_taken' });
    } finally {
      await network.down();
    }
  });
});
