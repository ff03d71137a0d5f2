import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { down } from '../../src/controller/lifecycle/down.ts';
import { up } from '../../src/controller/lifecycle/up.ts';
import { hasNoDrift } from '../../src/network/links/drift.ts';
import { loadTopology } from '../../src/topology/load-topology-file.ts';
import { root } from '../support/paths.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const folder = join(root, 'devnet');
const samples = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

describe('the sample topologies', () => {
  it('are at least eight files', () => {
    expect(samples.length).toBeGreaterThanOrEqual(8);
  });

  it.each(samples)('%s starts as declared, and is removed', async (file) => {
    const topology = await loadTopology(join(folder, file), box.name());
    const { devnet, drift } = await up(box.engine, topology);
    expect(hasNoDrift(drift)).toBe(true);
    expect(drift.unknown).toEqual([]);
    expect(devnet.topology).toEqual(topology);
    await down(box.engine, devnet);
    expect(await box.observe(topology.name)).toBeUndefined();
  });
});
