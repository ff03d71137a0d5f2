import { expect, it } from 'vitest';
import { heal } from '../../../src/controller/faults/heal.ts';
import { status } from '../../../src/controller/inspect/read-status.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { findNetworkState, type NetworkState, type ObservedNode } from '../../../src/controller/state/network-state.ts';
import { connectEngine } from '../../../src/engine/connection/engine.ts';
import { killContainer, pauseContainer, startContainer } from '../../../src/engine/container-lifecycle.ts';
import { removeContainer } from '../../../src/engine/containers.ts';
import { ensureNodeImage } from '../../../src/engine/images/node-image.ts';
import type { HealResult } from '../../../src/network/fault.ts';
import { hasNoDrift } from '../../../src/network/links/drift.ts';
import { interruptibleEngine } from '../../support/interruptible-engine.ts';
import { sandbox } from '../../support/sandbox.ts';
import { until } from '../../support/until.ts';

const box = await sandbox();
const { engine } = box;

const NODES = 24;
/** Settings of nodes that dial a peer again soon. */
const QUICK = 'env: { DEVNET_REDIAL_MAX_MS: "1000" }';

it(`heals ${NODES} nodes that ended at once, one that was frozen and one that lost its peers, and goes down after it`, async () => {
  const { devnet } = await box.up(`nodes: { count: ${NODES} }\nlinks: ring\ndefaults: { ${QUICK} }`);
  const find = () => findNetworkState(engine, devnet.name);
  const { nodes } = await find();
  const [frozen, forgetful, ...dead] = nodes as [(typeof nodes)[0], (typeof nodes)[0], ...typeof nodes];
  await Promise.all(dead.map(({ name, containerId }) => killContainer(engine, containerId, name)));
  await pauseContainer(engine, frozen.containerId, frozen.name);
  // As by a heal that ended between the two.
  await killContainer(engine, forgetful.containerId, forgetful.name);
  await startContainer(engine, forgetful.containerId, forgetful.name);
  const lacksPeers = async () => (await status(engine, await find())).drift.missing.length > 0;
  await until(lacksPeers, 'the node to listen without its peers');

  const healed = await heal({ engine, devnet: await find() });
  expect(healed.names.toSorted()).toEqual(nodes.map(({ name }) => name).toSorted());
  await until(async () => hasNoDrift((await status(engine, await find())).drift), 'all links to stand');
  expect(await heal({ engine, devnet: await find() })).toEqual({ names: [], links: [] });

  await down(engine, await find());
  expect(await box.observe(devnet.name)).toBeUndefined();
});

it('heals the others where one cannot be started, and names that one', async () => {
  const { devnet } = await box.up('nodes: [a, b, c]\nlinks: ring');
  const find = () => findNetworkState(engine, devnet.name);
  const { nodes } = await find();
  for (const { name, containerId } of nodes) await killContainer(engine, containerId, name);
  const { address } = nodes.find(({ name }) => name === 'b')!;
  const { docker } = engine;
  const thief = await docker.createContainer({
    Image: (await ensureNodeImage(engine)).reference,
    Entrypoint: ['node', '-e', 'setInterval(() => {}, 1e9)'],
    NetworkingConfig: { EndpointsConfig: { [devnet.network!.name]: { IPAMConfig: { IPv4Address: address } } } },
    HostConfig: { NetworkMode: devnet.network!.name },
  });
  await thief.start();
  try {
    await expect(heal({ engine, devnet: await find() })).rejects.toThrow(/^could not start b: .*address/i);
    const { nodes: healed, drift } = await status(engine, await find());
    expect(healed.map(({ name, state }) => `${name} ${state}`)).toEqual(['a running', 'b exited', 'c running']);
    expect(drift).toMatchObject({ missing: [], down: ['b'] });
  } finally {
    await thief.remove({ force: true });
  }
});

/** A heal of two nodes that ended, held when it has seen them and reads the limits of the second. */
async function holdHeal(act: (devnet: NetworkState) => Promise<unknown>): Promise<HealResult> {
  const { devnet } = await box.up('nodes: [a, b]\nlinks: [a <-> b]');
  const [{ containerId: first }, { containerId: second }] = devnet.nodes as [ObservedNode, ObservedNode];
  await Promise.all([killContainer(engine, first, 'a'), killContainer(engine, second, 'b')]);
  const relay = await interruptibleEngine();
  relay.holdRequest(new RegExp(`/containers/${second}/json`));
  const healing = heal({ engine: await connectEngine({ host: relay.host, origin: 'a test' }), devnet });
  const settled = healing.catch(() => {}).then(relay.cut);
  await Promise.race([relay.heldRequest, settled]);
  await act(await findNetworkState(engine, devnet.name));
  relay.releaseRequest();
  await settled;
  return healing;
}

it('leaves a node that another command replaces meanwhile to that command, and heals the others', async () => {
  let devnet: NetworkState | undefined;
  const healing = holdHeal((found) => {
    devnet = found;
    return removeContainer(engine, found.nodes[1]!.containerId);
  });
  expect(await healing).toEqual({ names: ['a'], links: [] });
  expect(await heal({ engine, devnet: devnet! })).toEqual({ names: [], links: [] });
});

it('says that the network was taken down meanwhile, and leaves nothing of it', async () => {
  let devnet: NetworkState | undefined;
  const healing = holdHeal((found) => {
    devnet = found;
    return down(engine, found);
  });
  await expect(healing).rejects.toMatchObject({
    code: 'no_such_devnet',
    message: expect.stringMatching(/was taken down meanwhile$/),
  });
  expect(await box.observe(devnet!.name)).toBeUndefined();
});
