import { seededRandom } from '../../shared/seeded-random.ts';
import type { Topology } from '../../topology/index.ts';
import type { ParameterLabel } from '../metrics/samples.ts';
import type { MatrixAxis, Run, TimedFault } from './experiment.ts';

/** One value of every axis. */
export interface MatrixCell {
  key: string;
  parameters: Record<string, ParameterLabel>;
  /** The values behind the labels. */
  values: Record<string, unknown>;
}

/** Sender of each message: a random node, every node in turn, or these nodes in turn. */
export type SenderChoice = 'random' | 'each' | readonly string[];

/** The network of a run, and the faults on it. */
export interface RunSetup {
  topology: Topology;
  faults?: TimedFault[];
}

/** Returns every combination of values, the last axis changing fastest; without axes, a single cell. */
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

/** Returns the keys of all cells in the order of the matrix, which is that of tables and plots; runs have another one. */
export function listCells(axes: readonly MatrixAxis[]): string[] {
  return expandMatrix(axes.map((axis) => ({ ...axis, values: axis.labels }))).map(({ key }) => key);
}

/**
 * Returns the runs in the order of execution. Runs on the same nodes follow each other, since only links change between
 * them. Among those, every cell runs once before any is repeated, so that drift on the machine (other load, temperature)
 * affects all cells alike.
 */
export function createRuns(
  cells: readonly MatrixCell[],
  seeds: readonly number[],
  repeats: number,
  setupOf: (cell: number, seed: number) => RunSetup,
  load: { messages: number; warmup: number; from: SenderChoice } | undefined,
): Run[] {
  const runs: Run[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const [seedIndex, seed] of seeds.entries()) {
      for (const [cellIndex, { key: cell, parameters }] of cells.entries()) {
        const setup = setupOf(cellIndex, seedIndex);
        const key = `${cell} seed=${seed} repeat=${repeat}`;
        const origins = load ? pickSenders(setup.topology, load, seed, repeat) : [];
        runs.push({ key, cell, parameters, seed, repeat, ...setup, origins });
      }
    }
  }
  return groupRunsByNodes(runs).flat();
}

/** Groups runs by the nodes that they run on; runs and groups keep their order. */
export function groupRunsByNodes(runs: readonly Run[]): Run[][] {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    // Whatever else differs between topologies can be changed while the network runs.
    const key = JSON.stringify([run.topology.nodes, run.topology.network]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/**
 * Returns whether a run leaves traces in its nodes after all faults are healed: retransmissions of TCP, links that wait to
 * be dialed, nodes that have forgotten messages. The next run gets new nodes then. Message faults leave none.
 */
export function needsFreshNodesAfter({ faults = [] }: Run): boolean {
  return faults.some((step) => step.do === 'inject' && step.faults.some(({ kind }) => kind !== 'messages'));
}

/** Cells with the same seed, repeat and nodes have the same senders, so that these make no difference between cells. */
function pickSenders(
  { nodes }: Topology,
  { messages, warmup, from }: { messages: number; warmup: number; from: SenderChoice },
  seed: number,
  repeat: number,
): string[] {
  const names = nodes.map(({ name }) => name);
  // Multiplying by the golden ratio's fraction keeps the streams of neighbouring seeds and repeats apart.
  const random = seededRandom((seed + Math.imul(repeat, 0x9e3779b1)) >>> 0);
  return Array.from({ length: warmup + messages }, (_, index) => {
    if (from === 'random') return names[random.integerBelow(names.length)]!;
    const turn = from === 'each' ? names : from;
    return turn[(index - warmup + turn.length * warmup) % turn.length]!;
  });
}
