import { describe, expect, it } from 'vitest';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { listHostSubnets } from '../../../src/controller/lifecycle/host-subnets.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import type { NetworkState } from '../../../src/controller/state/network-state.ts';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import { createNetwork, removeNetwork } from '../../../src/engine/networks.ts';
import { overlaps, parseSubnet, type Subnet } from '../../../src/shared/subnet.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const { reference: base } = await ensureBaseImage(engine);

/** Brings a topology up that must fail. */
async function failing(
  topology: Topology,
  options: Parameters<typeof up>[2] = {},
): Promise<{ error: unknown; left: NetworkState | undefined }> {
  const error = await up(engine, topology, options).then(
    () => expect.unreachable('it came up'),
    (cause: unknown) => cause,
  );
  return { error, left: await box.observe(topology.name) };
}

const dying = (script: string) =>
  `nodes: { ok: , bad: { image: "${base}", command: [node, -e, ${JSON.stringify(script)}] } }\nlinks: [ok <-> bad]`;

describe('up fails, says why, and removes what it created', () => {
  it('when a node dies at once, with its name, exit code and last lines', async () => {
    const { error, left } = await failing(
      box.topology(dying("console.log('reading the map'); console.error('no bread'); process.exit(3)")),
    );
    expect(error).toMatchObject({ code: 'node_died' });
    expect((error as Error).message).toMatch(/^bad ended with exit code 3; its last lines:/);
    expect((error as Error).message).toContain('\n    reading the map');
    expect((error as Error).message).toContain('\n    no bread');
    expect(left).toBeUndefined();
  });

  it('when a node is killed for using more than its memory', async () => {
    const script = 'const all = []; setInterval(() => all.push(Buffer.alloc(4e6, 1)), 1)';
    const { error } = await failing(box.topology(dying(script).replace('{ image', '{ memory: 24m, image')));
    expect(error).toMatchObject({
      code: 'node_died',
      message: expect.stringContaining('bad was killed by the kernel for using more than its memory'),
    });
  });

  it('when a node listens and dies while links are seeded', async () => {
    const script = "require('net').createServer(() => process.exit(7)).listen(3000)";
    const { error, left } = await failing(box.topology(dying(script)));
    expect(error).toMatchObject({ code: 'node_died', message: expect.stringMatching(/^bad ended with exit code 7/) });
    expect(left).toBeUndefined();
  });

  it('but keeps what it created with `keep`, and down removes it', async () => {
    const topology = box.topology(dying('process.exit(3)'));
    const { left } = await failing(topology, { keep: true });
    expect(left?.nodes.map(({ name }) => name)).toContain('bad');
    await down(engine, left as NetworkState);
    expect(await box.observe(topology.name)).toBeUndefined();
  });

  it('when a node runs and never listens', async () => {
    const { error, left } = await failing(box.topology(dying("console.log('thinking'); setInterval(() => {}, 1000)")), {
      timeoutMs: 4000,
    });
    expect(error).toMatchObject({
      code: 'node_silent',
      message: expect.stringMatching(
        /^bad runs, but nothing listens on its port 3000 after 4 s; its last lines:\n {4}thinking$/,
      ),
      hint: expect.stringContaining('port'),
    });
    expect(left).toBeUndefined();
  });

  it('when an image lacks its program', async () => {
    const { error, left } = await failing(box.topology(`nodes: { a: { image: "${base}", command: [nosuchprogram] } }`));
    expect(error).toMatchObject({
      code: 'engine_failed',
      message: expect.stringMatching(/could not start a: .*nosuchprogram/),
    });
    expect(left).toBeUndefined();
  });

  it('when the image does not exist', async () => {
    const { error, left } = await failing(box.topology('nodes: { a: { image: "devnet-nobody-has-this:1" }, b: }'));
    expect(error).toMatchObject({
      code: 'image_missing',
      message: expect.stringMatching(/^a: there is no image "devnet-nobody-has-this:1"/),
    });
    expect(left).toBeUndefined();
  });

  it('when it is aborted halfway', async () => {
    const stop = new AbortController();
    const why = new Error('enough');
    const { error, left } = await failing(box.topology('nodes: { count: 12 }\nlinks: ring'), {
      signal: stop.signal,
      onProgress: ({ step }) => step === 'started' && stop.abort(why),
    });
    expect(error).toBe(why);
    expect(left).toBeUndefined();
  });
});

describe('up, where a name or subnet is taken', () => {
  it('lets one of two concurrent ups have the name, and fails the other', async () => {
    const topology = box.topology('nodes: [a, b]\nlinks: [a <-> b]');
    const [one, other] = await Promise.allSettled([up(engine, topology), up(engine, topology)]);
    const results = [one, other].sort((x, y) => x.status.localeCompare(y.status)) as [
      PromiseFulfilledResult<unknown>,
      PromiseRejectedResult,
    ];
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(results[1].reason).toMatchObject({
      code: 'name_taken',
      hint: expect.stringContaining(`devnet down ${topology.name}`),
    });
    const left = await box.observe(topology.name);
    expect(left?.nodes.map(({ state }) => state)).toEqual(['running', 'running']);
  });

  it('refuses a subnet of another network of the engine', async () => {
    const subnet = '10.213.7.0/24';
    const other = await createNetwork(engine, {
      name: box.name(),
      subnet,
      gateway: '10.213.7.1',
      internal: true,
      labels: {},
    });
    try {
      const { error, left } = await failing(box.topology(`nodes: [a]\nsubnet: ${subnet}`));
      expect(error).toMatchObject({ code: 'subnet_taken', hint: expect.stringContaining('subnet') });
      expect(left).toBeUndefined();
    } finally {
      await removeNetwork(engine, other.id);
    }
  });

  it('refuses a subnet that this machine uses', async () => {
    const { IPAM } = await engine.docker.getNetwork('bridge').inspect();
    const bridge = IPAM?.Config?.[0]?.Subnet as string;
    // Where the engine's machine is another one, only the engine can know.
    const here = (await listHostSubnets()).some((used) => overlaps(used, parseSubnet(bridge) as Subnet));
    const words = here ? `${bridge} overlaps` : `with subnet ${bridge}: `;
    const { error } = await failing(box.topology(`nodes: [a]\nsubnet: ${bridge}`));
    expect(error).toMatchObject({ code: 'subnet_taken', message: expect.stringContaining(words) });
  });

  it('gives nodes addresses in the declared subnet', async () => {
    const { devnet } = await box.up('nodes: [a, b]\nlinks: [a -> b]\nsubnet: 10.213.9.0/29');
    expect(devnet.network?.subnet).toBe('10.213.9.0/29');
    expect(devnet.nodes.map(({ address }) => address)).toEqual(['10.213.9.2', '10.213.9.3']);
  });
});
