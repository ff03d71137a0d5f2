import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WorkCounter } from '../../support/work-counter.ts';

// Before the code that it counts.
const counter = new WorkCounter();

import { status } from '../../../src/controller/inspect/read-status.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import { findNetworkState } from '../../../src/controller/state/network-state.ts';
import type { Engine } from '../../../src/engine/connection/engine.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { connectSimulatedCluster } from '../../support/simulated-cluster.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';

const HOSTS = 12;
const folder = mkdtempSync(join(tmpdir(), 'devnet-linear-'));
const simulated: SimulatedEngine[] = [];
let engine: Engine;

beforeAll(async () => {
  const cluster = { networks: new Map(), nodes: new Map() };
  const sockets = Array.from({ length: HOSTS }, (_, index) => join(folder, `${index}.sock`));
  for (const socket of sockets) {
    const one = new SimulatedEngine(cluster);
    await one.listen(socket);
    simulated.push(one);
  }
  engine = await connectSimulatedCluster(sockets);
});
afterAll(() => {
  counter.stop();
  for (const one of simulated) one.close();
  rmSync(folder, { recursive: true });
});

/** Requests to all engines so far. */
const requests = () =>
  simulated.reduce((sum, one) => sum + [...one.requests.values()].reduce((count, times) => count + times, 0), 0);

/** Returns the work and the requests of each operation on a network of some nodes. */
async function measureOperations(size: number): Promise<Record<string, { work: number; requests: number }>> {
  const name = `linear-${size}`;
  const topology = (seed: number) =>
    parseTopology(`name: ${name}\nnodes: { count: ${size} }\nlinks: { shape: regular, degree: 4, seed: ${seed} }`, {
      file: 'linear',
      name,
    });
  const [first, second] = [topology(1), topology(2)];
  const measured: Record<string, { work: number; requests: number }> = {};
  const measure = async (operation: string, run: () => Promise<unknown>) => {
    counter.take();
    const before = requests();
    await run();
    measured[operation] = { work: counter.take(), requests: requests() - before };
  };
  await measure('up', () => up(engine, first));
  await measure('status', async () => {
    const { drift } = await status(engine, await findNetworkState(engine, name));
    expect(drift).toMatchObject({ missing: [], broken: [], extra: [] });
  });
  await measure('up with other links', () => up(engine, second));
  await measure('down', async () => down(engine, await findNetworkState(engine, name)));
  return measured;
}

it('grows no faster than the network, for each operation on a whole network', async () => {
  await measureOperations(50); // Connections and caches that are made once.
  const [small, large] = [await measureOperations(150), await measureOperations(600)];
  for (const operation of Object.keys(small)) {
    const [before, after] = [small[operation], large[operation]] as [typeof small.up, typeof large.up];
    const growth = { work: after!.work / before!.work, requests: after!.requests / before!.requests };
    // Four times the nodes; work that grows with their square would come near 16. Retries differ from run to run.
    expect(growth.work, `work of ${operation}`).toBeLessThan(6);
    expect(growth.requests, `requests of ${operation}`).toBeLessThanOrEqual(4);
  }
});
