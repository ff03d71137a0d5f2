import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import { observe } from '../../../src/controller/state/network-state.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { connectSimulatedCluster } from '../../support/simulated-cluster.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-down-'));
const simulated: SimulatedEngine[] = [];
afterEach(() => {
  for (const one of simulated) one.close();
  rmSync(folder, { recursive: true });
});

it('down removes what is on the other hosts when one is lost meanwhile, and the rest once it is back', async () => {
  const cluster = { networks: new Map(), nodes: new Map() };
  const sockets = [1, 2, 3].map((host) => join(folder, `${host}.sock`));
  for (const socket of sockets) {
    const one = new SimulatedEngine(cluster);
    await one.listen(socket);
    simulated.push(one);
  }
  const name = 'lost';
  const engine = await connectSimulatedCluster(sockets);
  const topology = parseTopology(`name: ${name}\nnodes: { count: 9 }\nlinks: ring`, { file: 'lost', name });
  const { devnet } = await up(engine, topology);
  const last = simulated[2] as SimulatedEngine;
  last.hangsUp = true;
  const found = await observe(engine, name);
  await expect(down(engine, found ?? devnet)).rejects.toMatchObject({
    message: expect.stringMatching(/^"lost" was removed, but for:\n.*host-3/),
  });
  last.hangsUp = false;
  const back = await connectSimulatedCluster(sockets);
  const left = await observe(back, name);
  expect(left?.nodes.map(({ host }) => host)).toEqual(['host-3', 'host-3', 'host-3']);
  await down(back, left as NonNullable<typeof left>);
  expect(await observe(back, name)).toBeUndefined();
});
