import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { heal } from '../../../src/controller/faults/heal.ts';
import { injectFault } from '../../../src/controller/faults/inject-fault.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { readLinkConditions } from '../../../src/controller/links/link-state.ts';
import { ensureTunnelContainer } from '../../../src/controller/peers/tunnel-container.ts';
import { findNetworkState, type NetworkState } from '../../../src/controller/state/network-state.ts';
import { removeContainer } from '../../../src/engine/containers.ts';
import { listVolumes } from '../../../src/engine/volumes.ts';
import { nftTables } from '../../support/engine-host.ts';
import { onPodman } from '../../support/on-podman.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;

const TOPOLOGY = `
nodes: [a, b]
links: ['a <-> b']`;
const cuts = [{ from: ['a'], to: ['b'] }];

/** Starts a network with a cut, a rate, and so a netem agent. */
async function startWithFaults(): Promise<NetworkState> {
  const { devnet } = await box.up(TOPOLOGY);
  const context = { engine, devnet };
  await injectFault(context, { kind: 'partition', cuts }, { name: 'split' });
  await injectFault(context, { kind: 'link', from: 'a', to: 'b', quality: { rate: 1e6 } }, { name: 'slow' });
  return findNetworkState(engine, devnet.name);
}

async function leftovers({ name, run }: NetworkState): Promise<unknown> {
  const networks = await engine.docker.listNetworks({ filters: { label: [`devnet.run=${run}`] } });
  return {
    containers: await box.observe(name),
    networks: networks.length,
    volumes: await listVolumes(engine, `devnet.run=${run}`),
    tables: (await nftTables(engine)).includes(`devnet-${name}`),
  };
}
const NOTHING = { containers: undefined, networks: 0, volumes: [], tables: false };

/** What can happen to a container, and what is done to make it happen. */
const MISHAPS: [string, (id: string) => Promise<unknown>][] = [
  ['is killed', (id) => engine.docker.getContainer(id).kill()],
  // Its container runs all the same, and commands can be run in it.
  ['is stopped by SIGSTOP', (id) => engine.docker.getContainer(id).kill({ signal: 'SIGSTOP' })],
  ['is paused', (id) => engine.docker.getContainer(id).pause()],
  ['is removed', (id) => engine.docker.getContainer(id).remove({ force: true })],
  [
    'cannot start any more',
    async (id) => {
      await engine.docker.getContainer(id).kill();
      await engine.docker.getContainer(id).update({ Memory: 6 * 2 ** 20, MemorySwap: 6 * 2 ** 20 });
    },
  ],
];

describe.each(MISHAPS)('when the netem agent %s', (_, mishap) => {
  it('down removes everything in one call', async () => {
    const devnet = await startWithFaults();
    await mishap(devnet.netemId as string);
    await down(engine, await findNetworkState(engine, devnet.name));
    expect(await leftovers(devnet)).toEqual(NOTHING);
  });
});

it('the faults in force are known after the netem agent was removed, and heal', async () => {
  const devnet = await startWithFaults();
  await engine.docker.getContainer(devnet.netemId as string).remove({ force: true });
  const now = await findNetworkState(engine, devnet.name);
  expect(await readLinkConditions(engine, now)).toContainEqual({ from: 'a', to: 'b', rate: 1e6, cut: 'split' });
  expect((await heal({ engine, devnet: now })).names).toEqual(['split']);
  expect(await nftTables(engine)).not.toContain(`devnet-${devnet.name}`);
});

it('down succeeds where another process has removed the network meanwhile', async () => {
  const devnet = await startWithFaults();
  await down(engine, devnet);
  await down(engine, devnet);
  expect(await leftovers(devnet)).toEqual(NOTHING);
});

it.skipIf(onPodman)('down removes all but a part that cannot be removed, and names that one', async () => {
  const devnet = await startWithFaults();
  // A container that is not of the network keeps its engine network.
  const other = await engine.docker.createContainer({
    name: `${devnet.name}-visitor`,
    Image: devnet.nodes[0]?.imageId as string,
    HostConfig: { NetworkMode: devnet.network?.id as string },
  });
  await other.start();
  try {
    await expect(down(engine, await findNetworkState(engine, devnet.name))).rejects.toMatchObject({
      code: 'network_stuck',
      message: expect.stringMatching(/was removed, but for:\n {2}network devnet\.\S+: .*in use by \S+-visitor/),
    });
  } finally {
    await other.remove({ force: true });
  }
  expect(await leftovers(devnet)).toMatchObject({ networks: 1, volumes: [], tables: false });
  const left = await findNetworkState(engine, devnet.name);
  expect(left.containers).toEqual([]);
  await down(engine, left);
  expect(await leftovers(devnet)).toEqual(NOTHING);
});

it('a tunnel that another command makes meanwhile is removed too, and none is made once the nodes are gone', async () => {
  // Not one that another test's network takes meanwhile.
  const { devnet } = await box.up(`subnet: 10.219.${randomInt(256)}.0/24\nnodes: [a, b]`);
  const network = devnet.network!;
  const removeAll = async (...roles: string[]) => {
    const { containers } = await findNetworkState(engine, devnet.name);
    const found = containers.filter(({ labels }) => roles.includes(labels['devnet.role']!));
    await Promise.all(found.map(({ id }) => removeContainer(engine, id)));
  };
  await removeAll('relay');
  const seen = await findNetworkState(engine, devnet.name);
  await ensureTunnelContainer(engine, { ...devnet, network });
  const started = performance.now();
  await down(engine, seen);
  // An engine network that is in use is waited for ten seconds.
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(await leftovers(devnet)).toEqual(NOTHING);
  const late = await engine.docker.createNetwork({
    Name: network.name,
    IPAM: { Config: [{ Subnet: network.subnet }] },
  });
  try {
    const tunnel = ensureTunnelContainer(engine, { ...devnet, network: { ...network, id: late.id } });
    await expect(tunnel).rejects.toMatchObject({ code: 'no_such_devnet' });
    expect(await leftovers(devnet)).toEqual(NOTHING);
  } finally {
    await late.remove();
  }
});
