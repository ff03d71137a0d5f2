import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/controller/state/network-state.ts';
import type { MessageSample } from '../../../src/experiment/metrics/samples.ts';
import { summariseCells } from '../../../src/experiment/results/summary.ts';
import { experimentNetworkName } from '../../../src/experiment/run/experiment-lock.ts';
import { graphOf, hopsFrom } from '../../../src/topology/index.ts';
import { engine, runExperimentFile, unique } from '../run-experiment-file.ts';

describe('an experiment with flooding', async () => {
  const { results, text, folder } = await runExperimentFile(`
name: ${unique('truth')}
question: Is it true?
topology: { nodes: { count: 8 }, links: $links }
matrix:
  links:
    line: line
    tree: tree
    ring: { shape: ring, delay: 100ms }
    small-world: { shape: small-world, degree: 4, rewire: 0.3, seed: $seed, delay: 100ms }
load: { messages: 2, from: [n2, n5] }
`);
  const samples = results.runs.flatMap((run) => run.samples);
  const topologyOf = ({ run }: MessageSample) => results.experiment.runs.find(({ key }) => key === run)!.topology;
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never>);

  it('completes, and leaves nothing running', async () => {
    expect(results.failed.size).toBe(0);
    expect(samples).toHaveLength(8);
    expect(await observe(engine, experimentNetworkName(results.experiment.name))).toBeUndefined();
  });

  // Where there is only one path, or where links take much longer than a busy machine does, the first copy to arrive took
  // the fewest links.
  it.each(samples.map((sample) => [sample.run, sample.sender, sample] as const))(
    '%s: hops from %s are the distances in the graph',
    (_, sender, sample) => {
      const distances = hopsFrom(graphOf(topologyOf(sample)), sender);
      expect(Object.fromEntries(sample.receipts.map(({ node, hops: count }) => [node, count]))).toEqual(
        Object.fromEntries(distances),
      );
    },
  );

  it('records every node once for each message, and a propagation tree along links, rooted at the sender', () => {
    for (const sample of samples) {
      const { nodes, links } = topologyOf(sample);
      const at = new Map(sample.receipts.map((receipt) => [receipt.node, receipt]));
      expect(at.size).toBe(sample.receipts.length);
      expect([...at.keys(), ...sample.never].sort()).toEqual(nodes.map(({ name }) => name).sort());
      for (const { node, from, hops: count } of sample.receipts) {
        if (node === sample.sender) {
          expect([from, count]).toEqual([null, 0]);
          continue;
        }
        expect(links).toContainEqual({ from, to: node });
        // One hop more than its parent, so the path upwards ends at the only node without a parent.
        expect(at.get(from!)?.hops).toBe(count - 1);
      }
    }
  });

  it('measures latencies that match the delays on the path', () => {
    const delayed = samples
      .filter(({ run }) => /ring|small-world/.test(run))
      .flatMap(({ receipts }) => receipts.slice(1));
    const excess = delayed.map(({ at, hops: count }) => at - count * 100).sort((a, b) => a - b);
    // The nodes' clocks may be two milliseconds apart, and a busy machine adds less than a link for many receipts.
    expect(excess[0]).toBeGreaterThan(-4);
    expect(excess[excess.length >> 2]).toBeLessThan(100);
  });

  it('computes metrics that agree with an independent computation from samples.jsonl', () => {
    for (const { cell, metrics } of summariseCells(results.experiment, results.runs)) {
      const own = lines.filter(
        (line) =>
          line.kind === 'message' && `links=${(line.parameters as unknown as { links: string }).links}` === cell,
      ) as unknown as MessageSample[];
      const end = lines.find((line) => line.kind === 'run' && line.cell === cell) as unknown as {
        traffic: Record<string, { received: number; duplicates: number; forwarded: number }>;
        graph: { links: number };
      };
      const ats = own.map(({ receipts }) => receipts.map(({ at }) => at));
      const others = ats.flatMap((list) => list.slice(1)).sort((a, b) => a - b);
      const middle = (values: number[]) => (values[0]! + values[1]!) / 2;
      expect(metrics.reached.value).toBeCloseTo((100 * ats.flat().length) / (8 * own.length), 9);
      expect(metrics.t100.value).toBeCloseTo(middle(ats.map((list) => list[7]!)), 9);
      expect(metrics.t50.value).toBeCloseTo(middle(ats.map((list) => list[3]!)), 9);
      expect(metrics['latency-p90'].value).toBe(others[Math.ceil(0.9 * others.length) - 1]);
      let hopsInAll = 0;
      for (const { receipts } of own) for (const receipt of receipts) hopsInAll += receipt.hops;
      expect(metrics.hops.value).toBeCloseTo(hopsInAll / others.length, 9);
      // A flood sends over every link once but back to where it came from: links - (nodes - 1) of each message.
      const counts = Object.values(end.traffic);
      const copies =
        counts.reduce((sum, { forwarded }) => sum + forwarded, 0) /
        counts.reduce((sum, { received }) => sum + received, 0);
      expect(metrics.copies.value).toBeCloseTo(copies, 9);
      expect(copies).toBeCloseTo((end.graph.links - 7) / 8, 9);
      expect(metrics.duplicates.value).toBeCloseTo((end.graph.links - 2 * 7) / 8, 9);
      expect(metrics.lost.value).toBe(0);
      expect(metrics.redundancy.value).toBeCloseTo((end.graph.links - 7) / 7 - 1, 9);
    }
  });

  it('measures some of the links with a delay, once for all networks with the same one', () => {
    const measured = lines.flatMap((line) => {
      const { cell, conditions = [] } = line as unknown as {
        cell: string;
        conditions?: { from: string; to: string; roundTrip: { asked: number; measured: { value: number } } }[];
      };
      return conditions.map((one) => ({ cell, ...one }));
    });
    expect(measured.map(({ cell }) => cell)).toEqual(Array(4).fill('links=ring'));
    for (const { roundTrip } of measured) {
      expect(roundTrip.asked).toBe(200);
      expect(roundTrip.measured.value).toBeGreaterThan(195);
      expect(roundTrip.measured.value).toBeLessThan(400);
    }
  });

  it('counts the traffic of each link, from which the load of nodes follows', () => {
    for (const { cell, metrics } of summariseCells(results.experiment, results.runs)) {
      const end = lines.find((line) => line.kind === 'run' && line.cell === cell) as unknown as {
        run: string;
        graph: { cut: number };
        links: { from: string; to: string; messages: number; bytes: number }[];
        traffic: Record<string, { forwarded: number; bytes: number }>;
      };
      const { topology } = results.experiment.runs.find(({ key }) => key === end.run)!;
      expect(end.links.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(
        topology.links.map(({ from, to }) => `${from} ${to}`).sort(),
      );
      // A copy is a little more than 100 bytes. Two messages cross a link at most once each, beside a few pings and pongs.
      const copies = Object.values(end.traffic).reduce((all, { forwarded }) => all + forwarded, 0);
      const messages = end.links.reduce((all, link) => all + link.messages, 0);
      const bytes = end.links.reduce((all, link) => all + link.bytes, 0);
      expect(messages).toBeGreaterThanOrEqual(copies);
      expect(bytes).toBeGreaterThan(100 * copies);
      expect(bytes).toBe(Object.values(end.traffic).reduce((all, node) => all + node.bytes, 0));
      const received = 2 * 8;
      expect(metrics.messages.value).toBeCloseTo(messages / received, 9);
      expect(metrics['link-max'].value).toBeCloseTo(Math.max(...end.links.map((link) => link.bytes)) / 2, 9);
      const load = topology.nodes.map(({ name }) =>
        end.links.filter(({ from, to }) => from === name || to === name).reduce((all, link) => all + link.bytes, 0),
      );
      expect(metrics['node-max'].value).toBeCloseTo(Math.max(...load) / 2, 9);
      expect(metrics.imbalance.value).toBeCloseTo((8 * Math.max(...load)) / load.reduce((all, one) => all + one, 0), 9);
      if (cell !== 'links=small-world') expect(end.graph.cut).toBe(cell === 'links=ring' ? 2 : 1);
    }
  });

  it('has nothing left to do when it is run again', async () => {
    const again = await runExperimentFile(results.manifest.source, { folder });
    expect(again.events).toEqual([]);
    expect(again.text).toBe(text);
  });
});

describe('an experiment with failures', () => {
  it('resumes where it was interrupted, and keeps its results', async () => {
    const source = `{ name: ${unique('stop')}, question: q, topology: { nodes: { count: 3 }, links: $l }, matrix: { l: [line, ring] }, repeats: 2, load: { messages: 1 } }`;
    const first = await runExperimentFile(source, { stop: ({ what }) => what === 'done' });
    expect(first.results.runs).toHaveLength(1);
    expect(await observe(engine, experimentNetworkName(first.results.experiment.name))).toBeUndefined();
    const second = await runExperimentFile(source, { folder: first.folder });
    expect(second.results.runs.map(({ run }) => run)).toEqual(second.results.experiment.runs.map(({ key }) => key));
    expect(second.text.startsWith(first.text)).toBe(true);
  });

  it('reports a run that fails, and completes the others', async () => {
    const source = `{ name: ${unique('fail')}, question: q, topology: { nodes: { a: , b: { env: { DEVNET_PORT: $port } } }, links: [a <-> b] }, matrix: { port: [none, 3000] }, load: { messages: 1 } }`;
    const { results, events } = await runExperimentFile(source);
    expect(results.runs.map(({ run }) => run)).toEqual(['port=3000 seed=1 repeat=1']);
    expect([...results.failed]).toEqual([
      ['port=none seed=1 repeat=1', expect.stringMatching(/^b ended with exit code 1.*DEVNET_PORT/s)],
    ]);
    expect(events.map(({ what }) => what).filter((what) => what === 'failed' || what === 'done')).toEqual([
      'failed',
      'done',
    ]);
  });

  it('does not wait for nodes that a message cannot reach', async () => {
    const source = `{ name: ${unique('cut')}, question: q, topology: { nodes: { count: 4 }, links: [n1 -> n2, n3 -> n4] }, load: { messages: 1, warmup: 0, from: n1, within: 60s } }`;
    const { results } = await runExperimentFile(source);
    const [sample] = results.runs[0]!.samples;
    expect(sample?.receipts.map(({ node, from }) => [node, from])).toEqual([
      ['n1', null],
      ['n2', 'n1'],
    ]);
    expect(sample?.never).toEqual(['n3', 'n4']);
    expect(results.runs[0]!.took).toBeLessThan(60);
  });
});
