import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { status } from '../../src/controller/inspect/read-status.ts';
import { down } from '../../src/controller/lifecycle/down.ts';
import { up } from '../../src/controller/lifecycle/up.ts';
import { readLinkState } from '../../src/controller/links/link-state.ts';
import { clearLinkState } from '../../src/controller/links/netem-agent.ts';
import { findNetworkState, type NetworkState } from '../../src/controller/state/network-state.ts';
import { execInContainer } from '../../src/engine/exec.ts';
import { hasNoDrift } from '../../src/network/links/drift.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;

async function isBridgeUp({ netemId, network }: NetworkState): Promise<boolean> {
  const stdout = new PassThrough();
  const output = text(stdout);
  const command = ['ip', '-j', 'link', 'show', 'dev', network?.bridge as string];
  await execInContainer(engine, netemId as string, command, { stdout, stderr: new PassThrough().resume() });
  stdout.end();
  const [link] = JSON.parse(await output) as { flags: string[] }[];
  return link?.flags.includes('UP') === true;
}

it.skipIf(engine.flavour !== 'docker')(
  'is not tracked by the kernel, has its bridge down while it is removed, and is whole again after another up',
  async () => {
    const topology = box.topology('nodes: { count: 400 }\nlinks: ring');
    const { devnet, notes } = await up(engine, topology, { timeoutMs: 300_000 });
    expect(notes).toEqual([]);
    expect((await readLinkState(engine, devnet))?.untracked).toBe(devnet.network?.subnet);
    expect(await isBridgeUp(devnet)).toBe(true);

    // As a `down` does that is then interrupted.
    await clearLinkState(engine, devnet.netemId as string);
    expect(await isBridgeUp(devnet)).toBe(false);
    // The new topology need not be a large one.
    const { devnet: again } = await up(
      engine,
      { ...topology, nodes: topology.nodes.slice(0, 390), links: topology.links.slice(0, 380) },
      { timeoutMs: 300_000 },
    );
    expect(await isBridgeUp(again)).toBe(true);
    expect(hasNoDrift((await status(engine, await findNetworkState(engine, topology.name))).drift)).toBe(true);

    await down(engine, again);
    expect(await box.observe(topology.name)).toBeUndefined();
  },
  600_000,
);
