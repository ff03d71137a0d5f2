import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heal } from '../../src/controller/faults/heal.ts';
import { injectFault } from '../../src/controller/faults/inject-fault.ts';
import { status } from '../../src/controller/inspect/read-status.ts';
import { restartNodes } from '../../src/controller/lifecycle/restart-nodes.ts';
import { findNetworkState, type NetworkState } from '../../src/controller/state/network-state.ts';
import { startContainer } from '../../src/engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../../src/engine/containers.ts';
import { execInContainer } from '../../src/engine/exec.ts';
import { ensureNodeImage } from '../../src/engine/images/node-image.ts';
import { hasNoDrift } from '../../src/network/links/drift.ts';
import { sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

const box = await sandbox();
const { engine } = box;

/** Listens on the engine's machine, on every address it has. */
const LISTENER = `
const { networkInterfaces } = require('os');
require('net').createServer((socket) => socket.end('hello')).listen(0, '::', function () {
  setInterval(() => {}, 2 ** 30);
  process.on('SIGTERM', () => process.exit());
  globalThis.port = this.address().port;
  require('net').createServer((socket) => socket.end(JSON.stringify({ port, addresses: Object.values(networkInterfaces()).flat() })))
    .listen('/tmp/info.sock');
});`;
const READ_INFO = "require('net').connect('/tmp/info.sock').pipe(process.stdout)";
/** Tries addresses, all at once, and prints the ones that answered. */
const TRY = `
const [port, ...hosts] = process.argv.slice(1);
const dial = (host) => new Promise((resolve) => {
  const socket = require('net').connect({ host, port: Number(port) });
  const done = (answer) => () => { socket.destroy(); resolve(answer); };
  socket.on('connect', done([host])).on('error', done([]));
  setTimeout(done([]), 1500);
});
Promise.all(hosts.map(dial)).then((found) => console.log(JSON.stringify(found.flat())));`;

let listenerId: string;
let port: number;

async function run(id: string, script: string, ...args: string[]): Promise<string> {
  const stdout = new PassThrough();
  const output = text(stdout);
  await execInContainer(engine, id, ['node', '-e', script, ...args], { stdout, stderr: new PassThrough().resume() });
  stdout.end();
  return output;
}

async function readListener(): Promise<{ port: number; addresses: { address: string; internal: boolean }[] }> {
  return JSON.parse(await run(listenerId, READ_INFO));
}

beforeAll(async () => {
  const { reference } = await ensureNodeImage(engine);
  const name = `listener-${randomBytes(4).toString('hex')}`;
  listenerId = await createContainer(engine, {
    name,
    image: reference,
    entrypoint: ['node', '-e', LISTENER],
    hostname: 'listener',
    env: {},
    labels: {},
    network: 'host',
    memory: 128 * 2 ** 20,
    pidsLimit: 64,
    writable: true,
    capabilities: [],
  });
  await startContainer(engine, listenerId, name);
  ({ port } = await until(() => readListener().catch(() => undefined), 'the listener to answer'));
});
afterAll(() => removeContainer(engine, listenerId));

/** Returns the addresses of the engine's machine, loopback aside, that answer a node. */
async function reachable({ nodes, network }: NetworkState): Promise<string[]> {
  const { addresses } = await readListener();
  // A link-local address counts on any interface of the node's.
  const outside = addresses.flatMap(({ address, internal }) =>
    internal ? [] : [address.startsWith('fe80:') ? `${address}%eth0` : address],
  );
  const hosts = [...new Set([...outside, network?.gateway as string])];
  // The address of the bridge, and that of some other interface at least.
  expect(hosts.length).toBeGreaterThan(1);
  return answering(nodes[0]?.containerId as string, port, hosts);
}

/** Returns the hosts that answer a node on a port. */
async function answering(containerId: string, port: number, hosts: string[]): Promise<string[]> {
  return JSON.parse(await run(containerId, TRY, String(port), ...hosts));
}

describe('a node', () => {
  it('reaches nothing of the engine’s machine, whatever faults its links have', async () => {
    const { devnet } = await box.up(`
nodes: [a, b]
links: ['a <-> b']`);
    const now = () => findNetworkState(engine, devnet.name);
    expect(await reachable(devnet)).toEqual([]);
    // The netem agent needs an address on the bridge.
    const context = { engine, devnet: await now() };
    await injectFault(context, { kind: 'messages', from: 'a', to: 'b', action: 'drop', probability: 0 }, { name: 'f' });
    await injectFault(context, { kind: 'link', from: 'a', to: 'b', quality: { delay: 5 } }, { name: 'g' });
    expect(await reachable(await now())).toEqual([]);
    await heal({ engine, devnet: await now() });
    expect(await reachable(await now())).toEqual([]);
    // A killed agent leaves both the address and the rules.
    await engine.docker.getContainer((await now()).netemId as string).kill();
    expect(await reachable(await now())).toEqual([]);
    // A node that restarts is dialed by the controller, and is as closed as before.
    await injectFault({ engine, devnet: await now() }, { kind: 'kill', node: 'a' }, { name: 'k' });
    await restartNodes(engine, devnet.name, ['a']);
    expect(await reachable(await now())).toEqual([]);
    await expect
      .poll(async () => hasNoDrift((await status(engine, await now())).drift), { timeout: 30_000 })
      .toBe(true);
  });

  it('is as closed where its links have declared conditions, which the proxy applies', async () => {
    const { devnet } = await box.up(`
nodes: [a, b]
links: [{ link: a <-> b, delay: 5ms }]
shaping: relay`);
    expect(await reachable(devnet)).toEqual([]);
    expect(hasNoDrift((await status(engine, devnet)).drift)).toBe(true);
    // It takes its rules along, but not those that close the network, and the address.
    await engine.docker.getContainer((await findNetworkState(engine, devnet.name)).netemId as string).stop();
    expect(await reachable(devnet)).toEqual([]);
  });

  it('reaches the engine’s machine from an open network, and nothing from or into a closed one', async () => {
    const [open, closed] = await Promise.all([
      box.up('nodes: [a, b]\ninternal: false'),
      box.up('nodes: [a, b]\nlinks: [{ link: a <-> b, delay: 5ms }]\nshaping: relay'),
    ]);
    const [inOpen, inClosed] = [open.devnet.nodes, closed.devnet.nodes];
    expect(await reachable(open.devnet)).toContain(open.devnet.network?.gateway);
    const hosts = [...inOpen, ...inClosed].map(({ address }) => address);
    expect(await answering(inOpen[0]?.containerId as string, 3000, hosts)).toEqual(
      inOpen.map(({ address }) => address),
    );
    expect(await answering(inClosed[0]?.containerId as string, 3000, hosts)).toEqual(
      inClosed.map(({ address }) => address),
    );
  });
});
