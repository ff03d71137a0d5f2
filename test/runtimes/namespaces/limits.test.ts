import { describe, expect, it } from 'vitest';
import { execAndCollect } from '../../../src/network/exec.ts';
import type { RunningNetwork } from '../../../src/network/running-network.ts';
import { readCgroupFolders } from '../../../src/runtimes/namespaces/cgroup-folders.ts';
import { startNamespaceNetwork } from '../../../src/runtimes/namespaces/namespace-runtime.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { hasNamespaces } from '../../support/namespaces.ts';
import { MACHINE_HELPERS, runOnPrivateMachine } from '../../support/private-machine.ts';

const topology = (yaml: string) => {
  const name = `limits-${process.pid}`;
  return { ...parseTopology(yaml, { file: 'net.yaml', name }), name };
};

/** Takes memory for as long as it is given. */
const GREEDY = 'const all = []; setInterval(() => all.push(Buffer.alloc(8e6, 1)), 5)';

const { version, folders } = readCgroupFolders();
const hasCgroups = folders.memory !== undefined && folders.cpu !== undefined && folders.pids !== undefined;

async function logOf(network: RunningNetwork, event: string) {
  const found: unknown[] = [];
  for await (const batch of await network.readLog({ follow: false })) {
    found.push(...batch.flatMap((entry) => (entry.event === event ? [entry.fields] : [])));
  }
  return found;
}

describe.skipIf(!hasNamespaces)('limits of nodes in namespaces', () => {
  it.skipIf(!hasCgroups)('are those of control groups, where there are any', async () => {
    const { network } = await startNamespaceNetwork(
      topology('nodes: { a: { memory: 96m, pids: 40, cpus: 0.5 }, b: {} }\nlinks: [a -> b]'),
    );
    try {
      const { stdout } = await execAndCollect(network, 'a', ['cat', '/proc/1/cgroup', '/proc/self/cgroup']);
      const groups = new Set(stdout.match(/^.*\/devnet\.\d+\.\d+\/a$/gm));
      expect(groups.size).toBe(version === 1 ? 3 : 1);
      expect(stdout.match(/\/devnet\.\d+\.\d+\/a$/gm)).toHaveLength(2 * groups.size);
      const other = await execAndCollect(network, 'b', ['cat', '/proc/1/cgroup']);
      expect(other.stdout).not.toContain('devnet.');
      expect((await network.status()).nodes.map(({ memoryLimit }) => memoryLimit)).toEqual([96 * 1024 ** 2, undefined]);
      expect(await network.heal()).toEqual({ names: [], links: [] });

      const late = await network.inject({ kind: 'squeeze', node: 'b', memory: 64 * 1024 ** 2 });
      expect(late.warning).toMatch(/^b was started without a limit of its memory/);
      const squeezed = await network.inject({ kind: 'squeeze', node: 'a', cpus: 0.1 });
      expect(squeezed.warning).toBeUndefined();
      expect(await network.heal(['a'])).toMatchObject({ names: ['a'] });
      await late.heal();
      expect(await network.heal()).toEqual({ names: [], links: [] });
    } finally {
      await network.down();
    }
  });

  it.skipIf(!hasCgroups)('end a node that uses more memory, and say so', async () => {
    const greedy = ['node', '-e', GREEDY];
    const { network } = await startNamespaceNetwork(topology('nodes: { a: { memory: 96m }, b: {} }'));
    try {
      const { exitCode } = await execAndCollect(network, 'a', ['true']);
      expect(exitCode).toBe(0);
      const failed = startNamespaceNetwork(
        topology(`nodes: { a: { memory: 96m, command: ${JSON.stringify(greedy)} }, b: {} }`),
      );
      await expect(failed).rejects.toMatchObject({
        code: 'node_died',
        message: expect.stringMatching(/^a was killed by the kernel for using more than its memory \(exit code 137\)/),
      });
      expect(await logOf(network, 'node_ended')).toContainEqual({
        of: 'a',
        exit_code: 137,
        reason: 'used more than its memory',
      });
    } finally {
      await network.down();
    }
  });

  it('without control groups, bound the memory that a process may reserve, and refuse the others by name', async () => {
    const output = await runOnPrivateMachine(
      `${MACHINE_HELPERS}
      const up = (yaml) => {
        writeFileSync('net.yaml', yaml);
        try {
          devnet('up', '-d', '--engine', 'namespaces', '--name', 'limited', 'net.yaml');
          return 'up';
        } catch (cause) {
          return cause.stderr;
        }
      };
      const small = up('nodes: { a: { memory: 100m } }');
      const limit = devnet('exec', '--name', 'limited', 'a', '--', 'grep', 'data size', '/proc/1/limits');
      let squeeze = '';
      try {
        devnet('squeeze', '--name', 'limited', 'a', '--cpus', '0.5');
      } catch (cause) {
        squeeze = cause.stderr;
      }
      devnet('down', 'limited');
      const greedy = up(${JSON.stringify(`nodes: { a: { memory: 100m, command: ${JSON.stringify(['node', '-e', GREEDY])} } }`)});
      console.log(JSON.stringify({ small, limit, squeeze, greedy, cpus: up('nodes: { a: { cpus: 0.5, pids: 20 } }') }));`,
      'ordinary',
    );
    const { small, limit, squeeze, greedy, cpus } = JSON.parse(output);
    expect(small).toBe('up');
    expect(limit).toMatch(/Max data size +104857600/);
    expect(squeeze).toMatch(/without control groups .* does not support: squeeze of cpus/);
    expect(greedy).toMatch(/a ended with exit code/);
    expect(cpus).toMatch(/without control groups .* does not support: cpus of a, pids of a/);
  });
});
