import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { heal } from '../../../src/controller/faults/heal.ts';
import { injectFault } from '../../../src/controller/faults/inject-fault.ts';
import { down } from '../../../src/controller/lifecycle/down.ts';
import { preflight } from '../../../src/controller/lifecycle/preflight.ts';
import { up } from '../../../src/controller/lifecycle/up.ts';
import { connectEngine, type Engine } from '../../../src/engine/connection/engine.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { SimulatedEngine } from '../../support/simulated-engine.ts';

const name = 'unlimited';
const parse = (yaml: string) => parseTopology(`name: ${name}\n${yaml}`, { file: 'unlimited', name });
const ring = parse('nodes: { count: 3 }\nlinks: ring');

let folder: string;
let simulated: SimulatedEngine;
let engine: Engine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'devnet-unlimited-'));
  simulated = new SimulatedEngine({ networks: new Map(), nodes: new Map() });
  // As Docker says it on a kernel that was started with cgroup_disable=memory.
  simulated.info = { MemoryLimit: false, CpuCfsPeriod: true, CpuCfsQuota: true };
  await simulated.listen(join(folder, 'engine.sock'));
  engine = await connectEngine({ host: `unix://${join(folder, 'engine.sock')}`, origin: 'the simulation' });
});
afterEach(() => {
  simulated.close();
  rmSync(folder, { recursive: true });
});

const refusal = (feature: string) => ({
  code: 'usage',
  message: `Docker simulated without control groups of memory does not support: ${feature}`,
});

it('a network on a Docker without a memory controller is healed without its limits, and no node is squeezed', async () => {
  const { devnet } = await up(engine, ring);
  const context = { engine, devnet };
  const squeeze = { kind: 'squeeze', node: 'n1', cpus: 0.1 } as const;
  await expect(injectFault(context, squeeze, { name: 'squeeze-n1' })).rejects.toMatchObject(refusal('squeeze'));
  await expect(heal(context)).resolves.toEqual({ names: [], links: [] });
  expect([...simulated.requests.keys()].filter((what) => what.endsWith('/update'))).toEqual([]);
  await down(engine, devnet);
});

it('plan says that a Docker without a memory controller has no limits in force, and declared ones are refused', async () => {
  const limited = parse('nodes: { a: { memory: 96m } }');
  const checksOf = async (topology: typeof ring) =>
    (await preflight(engine, topology)).checks.filter(({ what }) => what === 'engine');
  expect(await checksOf(ring)).toEqual([
    {
      what: 'engine',
      verdict: 'warns',
      found: 'limits of memory and processor are not in force on Docker simulated without control groups of memory',
      fix: 'use an engine that has the control groups of memory and processor: docs/engines.md',
    },
  ]);
  expect(await checksOf(limited)).toMatchObject([{ verdict: 'fails', found: refusal('memory of a').message }]);
  await expect(up(engine, limited)).rejects.toMatchObject(refusal('memory of a'));
});
