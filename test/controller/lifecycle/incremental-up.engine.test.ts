import { describe, expect, it } from 'vitest';
import { injectFault } from '../../../src/controller/faults/inject-fault.ts';
import { status } from '../../../src/controller/inspect/read-status.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import type { NetworkState } from '../../../src/controller/state/network-state.ts';
import { inspectContainer } from '../../../src/engine/containers.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const BASE = 'nodes: [a, b, c]\nlinks: [a <-> b, b -> c]';

/** A node's container and its start time: the same as long as nothing touches the node. */
async function marks(devnet: NetworkState): Promise<Record<string, string>> {
  const entries = devnet.nodes.map(async ({ name, containerId }) => [
    name,
    `${containerId} ${(await inspectContainer(engine, containerId))?.startedAt}`,
  ]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Brings BASE up, runs `happen`, and brings another topology up under the same name. */
async function changed(yaml: string, happen: (devnet: NetworkState) => Promise<unknown> = async () => {}) {
  const { devnet } = await box.up(BASE);
  const before = await marks(devnet);
  await happen(devnet);
  const topology = { ...parseTopology(yaml, { file: 'test.yaml', name: 'test' }), name: devnet.name };
  const result = await up(engine, topology);
  expect(result.devnet.topology).toEqual(topology);
  const after = await marks(result.devnet);
  const kept = Object.keys(after).filter((name) => after[name] === before[name]);
  return { ...result, kept, names: Object.keys(after) };
}

const done = (steps: { do: string }[]) => [...new Set(steps.map((step) => step.do))];

describe('up on a running network applies the difference', () => {
  it('none for the same file', async () => {
    const { steps, kept } = await changed(BASE);
    expect(steps).toEqual([]);
    expect(kept).toEqual(['a', 'b', 'c']);
  });

  it('of links: restarts no node', async () => {
    const { steps, kept } = await changed('nodes: [a, b, c]\nlinks: [a -> b, c -> a]');
    expect(done([...steps]).sort()).toEqual(['add link', 'remove link']);
    expect(kept).toEqual(['a', 'b', 'c']);
  });

  it('of nodes: touches only added and removed ones', async () => {
    const { kept, names, devnet } = await changed('nodes: [a, b, d]\nlinks: [a <-> b, d -> a, b -> d]');
    expect(names).toEqual(['a', 'b', 'd']);
    expect(kept).toEqual(['a', 'b']);
    expect(new Set(devnet.nodes.map(({ address }) => address)).size).toBe(3);
  });

  it('of settings: replaces only the node whose settings changed, with its links', async () => {
    const { kept, steps } = await changed('nodes: { a: , b: { env: { X: 1 } }, c: }\nlinks: [a <-> b, b -> c]');
    expect(kept).toEqual(['a', 'c']);
    expect(steps.filter((step) => step.do === 'add link')).toHaveLength(2);
  });

  it('after a kill: replaces the node', async () => {
    const { kept } = await changed(BASE, async ({ nodes }) =>
      engine.docker.getContainer(nodes[1]?.containerId as string).kill(),
    );
    expect(kept).toEqual(['a', 'c']);
  });

  it('after a kill behind a partition, which its peers did not notice: has them dial it anew', async () => {
    const { kept, devnet } = await changed(BASE, async (devnet) => {
      const cuts = [{ from: ['b'], to: ['a', 'c'] }];
      await injectFault({ engine, devnet }, { kind: 'partition', cuts }, { name: 'split' });
      await engine.docker.getContainer(devnet.nodes[1]?.containerId as string).kill();
    });
    expect(kept).toEqual(['a', 'c']);
    expect((await status(engine, devnet)).drift).toMatchObject({ missing: [], broken: [] });
  });

  it('after a restart behind a partition, which its peers did not notice: they dial it anew', async () => {
    const { kept, devnet } = await changed(BASE, async (devnet) => {
      const cuts = [{ from: ['b'], to: ['a', 'c'] }];
      await injectFault({ engine, devnet }, { kind: 'partition', cuts }, { name: 'split' });
      await engine.docker.getContainer(devnet.nodes[1]?.containerId as string).restart({ t: 0 });
    });
    expect(kept).toEqual(['a', 'c']);
    expect((await status(engine, devnet)).drift).toMatchObject({ missing: [], broken: [] });
  });

  it('after a pause: unpauses the node', async () => {
    const { kept, steps } = await changed(BASE, async ({ nodes }) =>
      engine.docker.getContainer(nodes[2]?.containerId as string).pause(),
    );
    expect(kept).toEqual(['a', 'b', 'c']);
    expect(steps).toEqual([{ do: 'unpause node', node: 'c' }]);
  });

  it('of the subnet: replaces everything', async () => {
    const { kept, devnet } = await changed(`${BASE}\nsubnet: 10.213.21.0/24`);
    expect(kept).toEqual([]);
    expect(devnet.network?.subnet).toBe('10.213.21.0/24');
  });

  it('and after a failure leaves the network changed in part, and its declared topology in force', async () => {
    const { devnet } = await box.up(BASE);
    const bad = {
      ...parseTopology('nodes: { a: , b: , c: , d: { env: { DEVNET_MAX_PEERS: none } } }', {
        file: 'x',
        name: 'x',
      }),
      name: devnet.name,
    };
    await expect(up(engine, bad)).rejects.toMatchObject({
      code: 'node_died',
      hint: expect.stringContaining('devnet up again continues'),
    });
    const left = (await box.observe(devnet.name)) as NetworkState;
    expect(left.changing).toBe(false);
    expect(left.topology?.nodes.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const again = await up(engine, left.topology as NonNullable<typeof left.topology>);
    expect(done([...again.steps])).toContain('remove node');
    expect((await marks(again.devnet)).a).toBe((await marks(devnet)).a);
  });
});
