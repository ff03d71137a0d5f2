import { describe, expect, it } from 'vitest';
import { readCurrentState } from '../../../src/controller/lifecycle/current-state.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { resolveImageIds } from '../../../src/controller/lifecycle/images.ts';
import { planRollout } from '../../../src/controller/lifecycle/plan.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import { LABEL } from '../../../src/controller/state/labels.ts';
import { killContainer } from '../../../src/engine/container-lifecycle.ts';
import { listContainers } from '../../../src/engine/containers.ts';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import { ensureNodeImage } from '../../../src/engine/images/node-image.ts';
import { attachNetwork } from '../../../src/runtimes/find-networks.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { sandbox } from '../../support/sandbox.ts';

const { engine, topology, observe } = await sandbox();

/** Removes the network's containers that do not run, as `docker container prune` does. Returns their number. */
async function prune(name: string): Promise<number> {
  const filters = { label: [`${LABEL.name}=${name}`] };
  const { ContainersDeleted } = await engine.docker.pruneContainers({ filters });
  return ContainersDeleted?.length ?? 0;
}

async function planOf(declared: Topology) {
  const { reference } = await ensureNodeImage(engine);
  return planRollout(
    declared,
    await readCurrentState(engine, declared.name, await resolveImageIds(engine, declared, reference)),
  );
}

describe('the record of a network survives a prune', () => {
  it('of all containers that do not run, and so do the links in force', async () => {
    const declared = topology('nodes: [a, b, c]\nlinks: ring');
    await up(engine, declared);
    expect(await prune(declared.name)).toBe(0);
    expect((await observe(declared.name))?.topology).toEqual(declared);
    expect(await planOf(declared)).toEqual([]);

    const network = await attachNetwork(declared.name);
    expect((await network.status()).drift).toMatchObject({ missing: [], extra: [] });
    expect(await network.heal()).toBeDefined();
    const links = [{ from: 'a', to: 'b' }];
    await up(engine, { ...declared, links });
    expect(await prune(declared.name)).toBe(0);
    expect((await observe(declared.name))?.topology?.links).toEqual(links);
    network.close();

    await down(engine, (await observe(declared.name))!);
    expect(await listContainers(engine, `${LABEL.name}=${declared.name}`)).toEqual([]);
  });

  it('also once a network was healed after its containers had all ended, as with their engine', async () => {
    const declared = topology('nodes: [a, b]\nlinks: [a -> b]');
    await up(engine, declared);
    const { containers } = (await observe(declared.name))!;
    await Promise.all(containers.map(({ id, name }) => killContainer(engine, id, name)));
    const network = await attachNetwork(declared.name);
    await network.heal();
    expect(await prune(declared.name)).toBe(0);
    expect((await network.status()).drift).toMatchObject({ missing: [], down: [] });
    network.close();
  });

  it('and so does that of an up that failed', async () => {
    const declared = topology('nodes: [a, b]\nlinks: [a -> b]');
    await up(engine, declared);
    const failing = structuredClone(declared);
    Object.assign(failing.nodes[1]!, {
      image: (await ensureBaseImage(engine)).reference,
      command: ['node', '-e', '0'],
    });
    await expect(up(engine, failing)).rejects.toMatchObject({ code: 'node_died' });
    await prune(declared.name);
    expect(await observe(declared.name)).toMatchObject({ topology: declared, failed: failing });
  });
});
