import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../src/experiment/plan/parse.ts';
import { dryRun } from '../../src/experiment/run/dry-run.ts';
import { estimateSeconds } from '../../src/experiment/run/estimate.ts';
import type { RuntimeName } from '../../src/network/capabilities.ts';
import { packageRoot } from '../../src/shared/files/package-root.ts';

const folder = join(packageRoot, 'devnet', 'experiments');
const files = readdirSync(folder);
const experiments = new Map(
  files.map((file) => [file, parseExperiment(readFileSync(join(folder, file), 'utf8'), { file })] as const),
);
const predictions = new Map(
  [...experiments].map(([file, experiment]) => [file, dryRun(experiment, 'containers')] as const),
);

describe('the experiments shipped with devnet', () => {
  it.each(files)('%s is valid, named after its file, and takes less than three minutes', (file) => {
    const { seconds, cells } = predictions.get(file)!;
    expect(experiments.get(file)?.name).toBe(file.replace('.yaml', ''));
    expect(seconds).toBeLessThanOrEqual(180);
    // Every graph is connected, so that messages can reach every node.
    for (const { cell, graph } of cells) expect(graph.diameter, cell).not.toBeNull();
  });

  it.each(files)('%s says about how long it takes on each runtime', (file) => {
    const [said = ''] = /^# Takes about .*$/m.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
    const experiment = experiments.get(file)!;
    const saidSeconds = [...said.matchAll(/(\d+) s on (\w+)/g)].map(([, seconds, runtime]) => [
      runtime,
      Number(seconds),
    ]);
    expect(said).not.toBe('');
    if (experiment.load)
      expect(saidSeconds.map(([runtime]) => runtime)).toEqual(expect.arrayContaining(['namespaces', 'containers']));
    for (const [runtime, seconds] of saidSeconds) {
      const ratio = Number(seconds) / estimateSeconds(experiment, runtime as RuntimeName);
      expect(Math.abs(ratio - 1), `${said} (${runtime})`).toBeLessThan(0.2);
    }
  });

  it('compare shapes at the same number of links', () => {
    const { cells } = predictions.get('shapes.yaml')!;
    for (const { parameters, graph } of cells) {
      expect(graph.links, String(parameters.shape)).toBe(parameters.shape === 'scale-free' ? 72 : 80);
    }
  });

  it('reproduce Watts and Strogatz: paths are short long before neighbourhoods dissolve', () => {
    const { cells } = predictions.get('watts-strogatz.yaml')!;
    const at = (rewire: number) => cells.find(({ parameters }) => parameters.rewire === rewire)!.graph;
    // A ring lattice of n nodes with k neighbours: about n/2k hops, and clustering 3(k - 2)/4(k - 1), exactly.
    expect(at(0).path).toBeCloseTo(1000 / 20, -0.5);
    expect(at(0).clustering).toBeCloseTo((3 * 8) / (4 * 9), 9);
    // At p = 0.01 paths have a fifth of their length, and nearly all of the clustering is there.
    expect(at(0.01).path! / at(0).path!).toBeLessThan(0.25);
    expect(at(0.01).clustering / at(0).clustering).toBeGreaterThan(0.95);
    // Wired at random: about ln n/ln k hops, and clustering of about k/n.
    expect(at(1).path).toBeCloseTo(Math.log(1000) / Math.log(10), 0);
    expect(at(1).clustering).toBeLessThan(0.02);
  });
});
