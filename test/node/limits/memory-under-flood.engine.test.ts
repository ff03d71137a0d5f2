import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openDialer } from '../../../src/controller/peers/container-dialer.ts';
import { inspectContainer } from '../../../src/engine/containers.ts';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import { readContainerMemory } from '../../../src/engine/resource-usage.ts';
import { NodeClient } from '../../../src/network/peer-control/node-client.ts';
import type { Status } from '../../../src/protocol/index.ts';
import { sandbox } from '../../support/sandbox.ts';

const box = await sandbox();
const { engine } = box;
const { reference: base } = await ensureBaseImage(engine);
const flooder = readFileSync(join(import.meta.dirname, 'flooding-peer.cjs'), 'utf8');

const FLOODERS = 10;
const LIMIT = 128 * 1024 * 1024;
/** Seconds under attack: longer than the timeouts of idle connections, unfinished messages and unread replies. */
const SECONDS = 35;

test('a node stays within half its memory under a flood, slow readers, 500 idle connections and an add_peer flood at once', async () => {
  const { devnet } = await box.up(`
nodes:
  n1: { memory: 128m, env: { DEVNET_ADMIN: "" } }
  calm: { memory: 128m }
  flooder: { count: ${FLOODERS}, cpus: 0.05, image: "${base}", command: [node, -e, ${JSON.stringify(flooder)}] }
`);
  const [target, calm, ...flooders] = devnet.nodes;
  const route = await openDialer(engine, { ...devnet, network: devnet.network! });
  // No container has these addresses: dials there end only by timeout.
  const network = target!.address.replace(/\d+$/, '');
  const dead = Array.from({ length: 20 }, (_, index) => `${network}${200 + index}`);
  for (const { address } of flooders) {
    const socket = await route.connect(address, 3000, 10_000);
    socket.on('error', () => {});
    socket.write(`${JSON.stringify({ target: target!.address, dead })}\n`);
  }

  const memory: number[] = [];
  const delays: number[] = [];
  let idle = 0;
  let peers = 0;
  const end = performance.now() + SECONDS * 1_000;
  const measuring = (async () => {
    while (performance.now() < end) {
      memory.push((await readContainerMemory(engine, target!.containerId)) ?? Number.NaN);
      await wait(100);
    }
  })();
  /** Returns the milliseconds to a pong on a new connection, and the node's status. */
  const ask = async (address: string, payload: number) => {
    const asked = performance.now();
    const client = new NodeClient({ host: address, port: 3000, dialer: route });
    expect(await client.request({ message_type: 'ping', payload }, 10_000)).toEqual({ message_type: 'pong', payload });
    const delay = performance.now() - asked;
    const status = (await client.request({ message_type: 'get_status' }, 10_000)).payload as Status;
    client.close();
    return { delay, status };
  };
  while (performance.now() < end) {
    // The time of a node that is not attacked is that of the machine.
    const [attacked, control] = await Promise.all([ask(target!.address, delays.length), ask(calm!.address, 0)]);
    delays.push(attacked.delay - control.delay);
    idle = Math.max(idle, attacked.status.inbound);
    peers = Math.max(peers, attacked.status.peers.length);
    await wait(200);
  }
  await measuring;
  const most = Math.max(...memory);
  const worst = Math.max(...delays);
  console.log(
    `at most ${(most / 1024 / 1024).toFixed(1)} of ${LIMIT / 1024 / 1024} MiB in ${memory.length} samples; ` +
      `${delays.length} pings, the slowest ${worst.toFixed(0)} ms slower than at a node beside it; ${idle} connections, ${peers} peers`,
  );
  expect(await inspectContainer(engine, target!.containerId)).toMatchObject({ state: 'running', oomKilled: false });
  expect(idle).toBeGreaterThanOrEqual(500);
  expect(peers).toBeGreaterThanOrEqual(500);
  expect(memory.length).toBeGreaterThan(20);
  expect(worst).toBeLessThan(1_000);
  expect(most).toBeLessThan(LIMIT / 2);
}, 180_000);
