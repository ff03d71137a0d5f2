import { expect, it } from 'vitest';
import { heal } from '../../../src/controller/faults/heal.ts';
import { injectFault } from '../../../src/controller/faults/inject-fault.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { removeStaleRules } from '../../../src/controller/links/leftover-rules.ts';
import { findNetworkState, type NetworkState } from '../../../src/controller/state/network-state.ts';
import { removeContainer } from '../../../src/engine/containers.ts';
import { removeNetwork } from '../../../src/engine/networks.ts';
import { listVolumes, removeVolume } from '../../../src/engine/volumes.ts';
import { nftTables } from '../../support/engine-host.ts';
import { onPodman } from '../../support/on-podman.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;

const TOPOLOGY = "nodes: [a, b]\nlinks: ['a -> b']";
const cuts = [{ from: ['a'], to: ['b'] }];

async function startWithCut(topology = TOPOLOGY): Promise<NetworkState> {
  const { devnet } = await box.up(topology);
  await injectFault({ engine, devnet }, { kind: 'partition', cuts }, { name: 'split' });
  return findNetworkState(engine, devnet.name);
}

/** Removes a network's netem agent with all that it keeps, as somebody does who tidies up by hand. */
async function removeAgentByHand({ run, netemId }: NetworkState): Promise<void> {
  await removeContainer(engine, netemId as string);
  for (const volume of await listVolumes(engine, `devnet.run=${run}`)) await removeVolume(engine, volume);
}

/** Removes all of a network as the engine has it: its rules stay in the kernel. */
async function removeByHand(devnet: NetworkState): Promise<void> {
  await removeAgentByHand(devnet);
  for (const { id } of devnet.containers) await removeContainer(engine, id);
  for (const { id } of devnet.networks) await removeNetwork(engine, id);
  expect(await box.observe(devnet.name)).toBeUndefined();
}

const hasRules = async ({ name }: NetworkState) => (await nftTables(engine)).includes(`bridge devnet-${name}\n`);

it('up removes the rules of a network that was removed by hand from its way, and those of one that lives stay', async () => {
  const living = await startWithCut();
  const gone = await startWithCut();
  await removeByHand(gone);
  expect(await hasRules(gone)).toBe(true);
  const { drift, notes } = await box.up(`subnet: ${gone.network?.subnet}\n${TOPOLOGY}`);
  expect(drift).toMatchObject({ broken: [], missing: [] });
  // On Podman the agent has rules of its own to add before links are seeded, and first removes those.
  const expected = expect.stringMatching(/^removed link rules that were left in the kernel .*, of: /);
  expect(notes).toEqual(onPodman ? [] : [expected]);
  expect(notes.join()).toContain(onPodman ? '' : gone.name);
  expect([await hasRules(gone), await hasRules(living)]).toEqual([false, true]);
});

it('the rules of networks that were removed by hand can be removed without a network', async () => {
  const living = await startWithCut();
  const gone = await startWithCut();
  await removeByHand(gone);
  expect(await removeStaleRules(engine)).toContain(gone.name);
  expect([await hasRules(gone), await hasRules(living)]).toEqual([false, true]);
  expect(await removeStaleRules(engine)).not.toContain(gone.name);
});

it('heal removes rules whose agent was removed with its state, and says so', async () => {
  const devnet = await startWithCut();
  await removeAgentByHand(devnet);
  expect(await heal({ engine, devnet })).toMatchObject({ warning: expect.stringContaining(`of: ${devnet.name}`) });
  expect(await hasRules(devnet)).toBe(false);
  expect(await heal({ engine, devnet })).not.toHaveProperty('warning');
});

it('down removes the rules of declared conditions whose agent was removed with its state', async () => {
  const devnet = await startWithCut(`nodes: [a, b]\nlinks: { shape: line, loss: 1% }`);
  await removeAgentByHand(devnet);
  await down(engine, await findNetworkState(engine, devnet.name));
  expect(await hasRules(devnet)).toBe(false);
  expect(await box.observe(devnet.name)).toBeUndefined();
});
