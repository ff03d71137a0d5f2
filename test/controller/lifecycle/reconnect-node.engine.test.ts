import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { up } from '../../../src/controller/lifecycle/up.ts';
import { disconnectContainer, reconnectContainer, reconnectsWithMac } from '../../../src/engine/container-endpoint.ts';
import { hasNoDrift } from '../../../src/network/links/drift.ts';
import type { RunningNetwork } from '../../../src/network/running-network.ts';
import { attachNetwork } from '../../../src/runtimes/find-networks.ts';
import type { Topology } from '../../../src/topology/index.ts';
import { sandbox } from '../../support/sandbox.ts';
import { until } from '../../support/until.ts';

const { engine, topology, observe } = await sandbox();
const declared = topology('nodes: [a, b, c]\nlinks: ring');
await up(engine, declared);

const nodeOf = async (name: string) => {
  const state = await observe(declared.name);
  const node = state?.nodes.find((one) => one.name === name);
  if (!state?.network || !node) throw new Error(`no node ${name}`);
  return { ...node, network: state.network };
};

/** Takes a node off its network, as `docker network disconnect` does. */
async function disconnect(name: string): Promise<void> {
  const { containerId, network } = await nodeOf(name);
  await disconnectContainer(engine, network.id, containerId);
}

/** Gives a node another address, as `docker network connect --ip` does. */
async function move(name: string): Promise<void> {
  const { containerId, network } = await nodeOf(name);
  const address = network.gateway.replace(/\.1$/, '.99');
  const mac = '02:42:0a:00:00:99';
  await reconnectContainer(engine, containerId, name, { id: network.id, address, mac, aliases: [] });
}

/** Disconnects a node and connects it to its own address, as `docker network connect --ip` does where the engine chooses the MAC address. */
async function reconnectByHand(name: string): Promise<void> {
  const { containerId, network, address } = await nodeOf(name);
  const mac = '02:42:0a:00:00:98';
  await reconnectContainer(engine, containerId, name, { id: network.id, address, mac, aliases: [] });
}

async function withNetwork<T>(use: (network: RunningNetwork) => Promise<T>): Promise<T> {
  const network = await attachNetwork(declared.name);
  try {
    return await use(network);
  } finally {
    network.close();
  }
}

/** Returns the address that another node finds a node at by its name. */
async function lookUp(name: string): Promise<string> {
  const stdout = new PassThrough();
  const lookup = `require("dns").lookup("${name}", (_, address) => console.log(address))`;
  await withNetwork((network) => network.exec('a', ['node', '-e', lookup], { stdout, stderr: process.stderr }));
  return String(stdout.read()).trim();
}

const upAgain = async (wanted: Topology = declared) => (await up(engine, wanted)).steps;

describe('a node off its network', () => {
  it('is named by the status, and put back by up, which keeps its process', async () => {
    const before = await nodeOf('a');
    await disconnect('a');
    const status = await withNetwork((network) => network.status());
    expect(status.nodes[0]).toMatchObject({ name: 'a', state: 'running', misplacement: 'off its network' });
    expect(status.drift.down).toEqual(['a']);
    expect(await upAgain()).toEqual([{ do: 'reconnect node', node: 'a', why: 'it is off its network' }]);
    expect(await nodeOf('a')).toEqual(before);
    expect(await upAgain()).toEqual([]);
  });

  it('and one with another address too, with its name', async () => {
    await move('b');
    const { misplacement, address } = await nodeOf('b');
    expect(misplacement).toBe(`at ${address.replace(/\.\d+$/, '.99')} instead of ${address}`);
    expect(await upAgain()).toEqual([{ do: 'reconnect node', node: 'b', why: `it is ${misplacement}` }]);
    expect(await nodeOf('b')).not.toHaveProperty('misplacement');
    expect(await lookUp('b')).toBe(address);
  });

  it.skipIf(!reconnectsWithMac(engine))('and one with another hardware address too, with its name', async () => {
    const before = await nodeOf('b');
    await reconnectByHand('b');
    const misplacement = 'at its address with another hardware address';
    const status = await withNetwork((network) => network.status());
    expect(status.nodes[1]).toMatchObject({ name: 'b', state: 'running', misplacement });
    expect(await upAgain()).toEqual([{ do: 'reconnect node', node: 'b', why: `it is ${misplacement}` }]);
    expect(await nodeOf('b')).toEqual(before);
    expect(await lookUp('b')).toBe(before.address);
  });

  const ways = [
    ['disconnected', disconnect],
    ...(reconnectsWithMac(engine) ? [['with another hardware address', reconnectByHand] as const] : []),
  ] as const;
  const mends: [what: string, mend: (network: RunningNetwork) => Promise<unknown>][] = [
    ['restart', (network) => network.inject({ kind: 'restart', node: 'c' })],
    ['heal', (network) => network.heal()],
    ['kill and heal', async (network) => (await network.inject({ kind: 'kill', node: 'c' })).heal()],
  ];
  it.each(ways.flatMap(([how, misplace]) => mends.map(([what, mend]) => [how, what, misplace, mend] as const)))(
    '%s, is put back by %s',
    async (_, __, misplace, mend) => {
      await misplace('c');
      await withNetwork(async (network) => {
        await mend(network);
        await until(async () => hasNoDrift((await network.status()).drift), 'the links of c');
      });
      expect(await nodeOf('c')).not.toHaveProperty('misplacement');
    },
  );
});
