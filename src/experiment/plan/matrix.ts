import { seededRandom } from '../../shared/seeded-random.ts';
import type { Topology } from '../../topology/index.ts';
import type { MatrixAxis, ParameterLabel, Run, TimedFault } from './experiment.ts';

/** One choice of a value on every axis. */
export interface MatrixCell {
  key: string;
  parameters: Record<string, ParameterLabel>;
  /** What the labels stand for. */
  values: Record<string, unknown>;
}

/** Who tells the news: somebody else each time, everybody in turn, or these in turn. */
export type SenderChoice = 'random' | 'each' | readonly string[];

/** What a run is made on, and what is done to it. */
export interface RunSetup {
  topology: Topology;
  faults?: TimedFault[];
}

/** Every combination, the last axis changing fastest; without axes, one. */
export function expandMatrix(axes: readonly (MatrixAxis & { values: readonly unknown[] })[]): MatrixCell[] {
  return axes.reduce<MatrixCell[]>(
    (cells, { name, labels, values }) =>
      cells.flatMap(({ key, parameters, values: before }) =>
        labels.map((label, index) => ({
          key: key === 'all' ? `${name}=${label}` : `${key} ${name}=${label}`,
          parameters: { ...parameters, [name]: label },
          values: { ...before, [name]: values[index] },
        })),
      ),
    [{ key: 'all', parameters: {}, values: {} }],
  );
}

/**
 * The runs in the order of their execution. Those on the same nodes come together, since between them only links change;
 * among them every cell has its turn before any is repeated, so that what drifts while the experiment runs — other load
 * on the machine, its temperature — falls on all cells alike.
 */
export function createRuns(
  cells: readonly MatrixCell[],
  seeds: readonly number[],
  repeats: number,
  networkOf: (cell: number, seed: number) => RunSetup,
  load: { messages: number; warmup: number; from: SenderChoice } | undefined,
): Run[] {
  const runs: Run[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const [at, seed] of seeds.entries()) {
      for (const [index, { key: cell, parameters }] of cells.entries()) {
        const network = networkOf(index, at);
        const key = `${cell} seed=${seed} repeat=${repeat}`;
        const origins = load ? pickSenders(network.topology, load, seed, repeat) : [];
        runs.push({ key, cell, parameters, seed, repeat, ...network, origins });
      }
    }
  }
  return groupRunsByNodes(runs).flat();
}

/** Runs by the nodes that they are on; each group in the order of its runs. */
export function groupRunsByNodes(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    const nodes = nodesKey(run.topology);
    const group = groups.get(nodes);
    if (group) group.push(run);
    else groups.set(nodes, [run]);
  }
  return [...groups.values()];
}

/** Equal for topologies that differ only in what can be changed while they run. */
function nodesKey({ nodes, network }: Topology): string {
  return JSON.stringify([nodes, network]);
}

/** Cells that share seed, repeat and nodes also share their senders, so that these make no difference between them. */
function pickSenders(
  { nodes }: Topology,
  { messages, warmup, from }: { messages: number; warmup: number; from: SenderChoice },
  seed: number,
  repeat: number,
): string[] {
  const names = nodes.map(({ name }) => name);
  // The golden ratio's fraction keeps the streams of neighbouring seeds and repeats apart.
  const draws = seededRandom((seed + Math.imul(repeat, 0x9e3779b1)) >>> 0);
  return Array.from({ length: warmup + messages }, (_, index) => {
    if (from === 'random') return names[draws.integerBelow(names.length)]!;
    const turn = from === 'each' ? names : from;
    return turn[(index - warmup + turn.length * warmup) % turn.length]!;
  });
}
