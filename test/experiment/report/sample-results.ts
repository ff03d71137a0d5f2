import type { MessageReceipt, MessageSample } from '../../../src/experiment/metrics/samples.ts';
import { parseExperiment } from '../../../src/experiment/plan/parse.ts';
import type { Results } from '../../../src/experiment/results/results-folder.ts';
import { createRunSample } from '../../../src/experiment/run/runner.ts';
import { seededRandom } from '../../../src/shared/seeded-random.ts';
import { graphOf, hopsFrom } from '../../../src/topology/index.ts';

/** Experiments whose matrices have cells of every kind. */
export const SAMPLE_MATRICES = {
  '2 words': 'shape: { ring: ring, star: star }',
  '2 numbers': 'count: [14, 22]',
  '6 words':
    'shape: { ring: ring, star: star, mesh: mesh, grid: { shape: grid, columns: 5 }, a name that is much too long for a legend of two columns: line, tree: tree }',
  '6 numbers': 'count: [10, 12, 14, 16, 18, 20]',
  '6 words and numbers': 'shape: { ring: ring, star: star, line: line }\n  count: [10, 20]',
  '24 words': `shape: { ${Array.from({ length: 24 }, (_, index) => `${'shape with a name '.repeat(index % 3)}${index}a: ${['ring', 'star', 'mesh', 'line'][index % 4]}`).join(', ')} }`,
  '24 numbers': `count: [${Array.from({ length: 24 }, (_, index) => 8 + index).join(', ')}]`,
  '24 words and numbers': 'shape: { ring: ring, star: star, mesh: mesh, line: line }\n  count: [8, 10, 12, 14, 16, 18]',
  '24 words by words':
    'shape: { ring: ring, star: star, mesh: mesh, line: line, tree: tree, grid: { shape: grid, columns: 4 } }\n  way: [flood, announce, "fanout:3", "fanout:1"]',
} as const;

export type SampleMatrix = keyof typeof SAMPLE_MATRICES;

/** Results that a run of such an experiment could have, with messages that never arrive, and with faults. */
export function sampleResults(matrix: SampleMatrix, { hasFaults = true, runs = 3 } = {}): Results {
  const text = SAMPLE_MATRICES[matrix];
  const source = `
name: sample
question: Which of these is the fastest?
topology:
  nodes: { count: ${text.includes('count:') ? '$count' : '20'}, env: { DEVNET_GOSSIP: ${text.includes('way:') ? '$way' : 'flood'} } }
  links: ${text.includes('shape: {') ? '$shape' : 'ring'}
matrix:
  ${text}
seeds: ${runs}
load: { messages: 6, every: 1s, within: 3s }
measure: [{ within: { share: 99%, time: 160ms } }, reached, t50, t99, t100, latency-p99, hops, duplicates, degree, diameter, path]
${hasFaults ? 'faults: [{ at: 2s, name: split, partition: halves, for: 2s }, { at: 4s, name: a-fault-with-a-long-name, kill: n3 }]' : ''}
`;
  const experiment = parseExperiment(source, { file: 'sample.yaml' });
  const random = seededRandom(4);
  const completed = experiment.runs.map((run, index) => {
    const began = Date.parse('2026-01-01T00:00:00Z');
    const samples = run.origins.slice(1).map((sender, position): MessageSample => {
      const hops = hopsFrom(graphOf(run.topology), sender);
      const isCut = hasFaults && position >= 2 && position < 4 && index % 2 === 0;
      const receipts = [...hops]
        .map(([node, distance]): MessageReceipt => {
          const at = distance === 0 ? 0 : distance * (20 + (index % 5)) + random.integerBelow(6_000) / 1_000;
          return {
            node,
            at,
            hops: distance,
            from: distance === 0 ? null : (run.topology.links.find(({ to }) => to === node)?.from ?? null),
          };
        })
        .sort((one, other) => one.at - other.at);
      const arrived = isCut ? receipts.slice(0, Math.ceil(receipts.length / 2)) : receipts;
      const reached = new Set(arrived.map(({ node }) => node));
      const never = run.topology.nodes.map(({ name }) => name).filter((name) => !reached.has(name));
      const sent = new Date(began + position * 1_000).toISOString();
      return {
        kind: 'message',
        run: run.key,
        parameters: run.parameters,
        id: `${index}-${position}`,
        sender,
        sent,
        receipts: arrived,
        never,
      };
    });
    const links = run.topology.links.map((link) => ({ ...link, messages: 6, bytes: 400 + random.integerBelow(2_000) }));
    const traffic = {
      n1: { received: 100, duplicates: 50 + 10 * (index % 7), forwarded: 150, announced: 0, bytes: 90_000 },
    };
    const result = {
      samples,
      traffic,
      links,
      startedAt: new Date(began).toISOString(),
      faults: hasFaults
        ? [
            { name: 'split', what: 'cut', from: 2_010, to: 4_015 },
            { name: 'a-fault-with-a-long-name', what: 'kill n3', from: 4_020, to: null },
          ]
        : [],
    };
    return { ...createRunSample(run, result, 3), samples };
  });
  const manifest = {
    source,
    began: '2026-01-01T00:00:00.000Z',
    versions: { devnet: '1', node: '20', kernel: '6' },
    randomness: { graphs: 'seeds' },
  } as unknown as Results['manifest'];
  return { experiment, manifest, runs: completed, failed: new Map() };
}
