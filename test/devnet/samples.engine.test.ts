import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { down } from '../../src/devnet/down.ts';
import { isFree } from '../../src/devnet/drift.ts';
import { loadTopology } from '../../src/devnet/load.ts';
import { up } from '../../src/devnet/up.ts';
import { sandbox } from '../support/sandbox.ts';

const box = await sandbox();
const folder = join(import.meta.dirname, '..', '..', 'devnet');
const samples = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

describe('the sample topologies', () => {
  it('are at least eight', () => {
    expect(samples.length).toBeGreaterThanOrEqual(8);
  });

  it.each(samples)('%s comes up as declared, and goes down', async (file) => {
    const topology = await loadTopology(join(folder, file), box.name());
    const { devnet, drift } = await up(box.engine, topology);
    expect(isFree(drift)).toBe(true);
    expect(drift.unknown).toEqual([]);
    expect(devnet.topology).toEqual(topology);
    await down(box.engine, devnet);
    expect(await box.observe(topology.name)).toBeUndefined();
  });
});
