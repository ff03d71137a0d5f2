import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import { ResultsFolder } from '../../../src/experiment/results/results-folder.ts';
import { type RunnerEvent, runExperiment } from '../../../src/experiment/run/runner.ts';
import type { Runtime } from '../../../src/network/runtime.ts';
import { processRuntime } from '../../../src/runtimes/process/process-runtime.ts';
import { graphOf, hopsFrom } from '../../../src/topology/index.ts';
import { devnet } from '../../support/cli.ts';

const cwd = await mkdtemp(join(tmpdir(), 'devnet-process-'));
afterAll(() => rm(cwd, { recursive: true }));

const experimentFile = async (name: string, text: string): Promise<string> => {
  const file = join(cwd, `${name}.yaml`);
  await writeFile(file, text);
  return file;
};

describe('an experiment on the process runtime', () => {
  it('measures each run on nodes of its own', async () => {
    const file = await experimentFile(
      'shapes',
      '{ name: shapes, question: q, topology: { nodes: { count: 5 }, links: $shape }, matrix: { shape: [line, tree] }, load: { messages: 2 } }',
    );
    const { status, stderr } = await devnet(['experiment', file, '--engine', 'process', '-o', 'out'], { cwd });
    expect(status, stderr).toBe(0);
    const { experiment, manifest, runs, failed } = await new ResultsFolder(join(cwd, 'out')).read();
    expect([...failed]).toEqual([]);
    expect(manifest.versions.engine).toBe('process');
    expect(runs.map(({ cell }) => cell)).toEqual(['shape=line', 'shape=tree']);
    for (const { run, samples, traffic, links } of runs) {
      const { topology } = experiment.runs.find(({ key }) => key === run)!;
      expect(samples).toHaveLength(2);
      // Without cycles there is one way to each node only.
      for (const { sender, receipts, never } of samples) {
        expect(never).toEqual([]);
        expect(Object.fromEntries(receipts.map(({ node, hops }) => [node, hops]))).toEqual(
          Object.fromEntries(hopsFrom(graphOf(topology), sender)),
        );
      }
      expect(Object.values(traffic).map(({ received }) => received)).toEqual(Array(5).fill(2));
      expect(links).toHaveLength(topology.links.length);
    }
  });

  it('says once what is not as usual about its networks', async () => {
    const text =
      '{ name: odd, question: q, topology: { nodes: [a, b], links: $shape }, matrix: { shape: [line, mesh] }, load: { messages: 1 } }';
    const runtime: Runtime = {
      ...processRuntime,
      start: async (...args) => ({ ...(await processRuntime.start(...args)), notes: ['the host beta takes no nodes'] }),
    };
    const events: RunnerEvent[] = [];
    await runExperiment(runtime, parseExperiment(text, { file: 'odd.yaml' }), {
      completedRuns: new Set(),
      writeSamples: async () => {},
      onEvent: (event) => events.push(event),
      signal: new AbortController().signal,
      timeoutMs: 30_000,
      keepNetwork: false,
    });
    expect(events.filter(({ what }) => what === 'done')).toHaveLength(2);
    expect(events.flatMap((event) => (event.what === 'notes' ? event.notes : []))).toEqual([
      'the host beta takes no nodes',
    ]);
  });

  it('is continued with more repeats, and its cells are compared', async () => {
    const file = await experimentFile(
      'more',
      '{ name: more, question: q, topology: { nodes: { count: 3 }, links: $shape }, matrix: { shape: [line, mesh] }, load: { messages: 1, from: n1 }, ' +
        "measure: [{ within: { share: '100%', time: 4s } }, hops] }",
    );
    const experiment = (...more: string[]) =>
      devnet(['experiment', file, '--engine', 'process', '-o', 'more', ...more], { cwd });
    const first = await experiment();
    expect(first.stdout).toMatch(/shape +100 % within 4000 ms, % of messages +hops\n/);
    expect(first.stdout).toContain('100 (20.7–100)');
    expect(first.stdout).toContain('1 run a cell: intervals say how its messages differ');
    const { stdout, stderr } = await experiment('--repeats', '5');
    expect(stderr).toContain('10 runs, 2 of them completed earlier');
    expect(stdout).not.toContain('a cell: intervals');
    const compared = await devnet(['compare', 'more', '--cell', 'line', '--cell', 'mesh', '--measure', 'hops'], {
      cwd,
    });
    expect(compared.stdout).toMatch(/shape=line +shape=mesh +hops +1.5 +1 +-0.5 .*B is lower/);
    expect(compared.stdout).toContain('differ by more than chance: 1 of 1 comparison');
    const twice = await devnet(['compare', 'more', 'more', '--cell', 'line'], { cwd });
    expect(twice).toMatchObject({ status: 2, stderr: expect.stringContaining('--cell compares cells of one folder') });
  });

  it('injects node faults', async () => {
    const text =
      'name: crash\nquestion: q\ntopology: { nodes: { count: 3 }, links: line }\nload: { messages: 4, every: 1s, from: n1, within: 3s }\n' +
      'faults: [{ at: 500ms, kill: n3, for: 2s }]\n';
    const experiment = parseExperiment(text, { file: 'x.yaml' });
    const results = new ResultsFolder(join(cwd, 'crash'));
    await results.open(experiment, text, { devnet: '1', node: '20', kernel: '6' });
    await runExperiment(processRuntime, experiment, {
      completedRuns: new Set(),
      writeSamples: (samples) => results.append(samples),
      onEvent: () => {},
      signal: new AbortController().signal,
      timeoutMs: 30_000,
      keepNetwork: false,
    });
    const { runs, failed } = await results.read();
    expect([...failed]).toEqual([]);
    const [{ faults, samples }] = runs as [(typeof runs)[number]];
    expect(faults).toMatchObject([{ name: 'kill-n3', what: 'kill n3' }]);
    expect(samples.map(({ receipts }) => receipts.some(({ node }) => node === 'n2'))).toEqual(Array(4).fill(true));
    // Sent while n3 was down: it does not arrive before n3 runs again, if at all.
    const to = faults![0]!.to!;
    const late = samples[1]!.receipts.find(({ node }) => node === 'n3')?.at ?? Number.POSITIVE_INFINITY;
    expect(1_000 + late).toBeGreaterThan(to - 250);
  });

  it.each([
    ['links with conditions', 'links: { shape: line, delay: 5ms }', '', 'link conditions'],
    ['a partition', 'links: line', 'faults: [{ partition: halves }]', 'partition'],
    ['--keep', 'links: line', '', '--keep'],
  ])('is refused before anything starts with %s', async (name, links, faults, feature) => {
    const file = await experimentFile(
      'refused',
      `name: refused\nquestion: q\ntopology:\n  nodes: { count: 2 }\n  ${links}\nload: { messages: 1 }\n${faults}\n`,
    );
    const options = name === '--keep' ? ['--keep'] : [];
    const { status, stderr } = await devnet(['experiment', file, '--engine', 'process', ...options], { cwd });
    expect(status).toBe(2);
    expect(stderr).toContain(`the process runtime does not support: ${feature}`);
    expect(stderr).toContain('--engine containers');
  });
});
