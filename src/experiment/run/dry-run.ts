import { describeFaults } from '../../network/describe-fault.ts';
import { isMomentary } from '../../network/fault.ts';
import { sampleGraph } from '../metrics/metrics.ts';
import type { FaultPeriod, GraphSample, ParameterLabel } from '../metrics/samples.ts';
import { mean, sum } from '../metrics/statistics.ts';
import type { Experiment, Run, WorkloadOptions } from '../plan/experiment.ts';
import { groupRunsByNodes, listCells, needsFreshNodesAfter } from '../plan/matrix.ts';
import { countCutLinks } from '../results/failure-causes.ts';

/** Measured in containers on two cores: good enough to choose between now and tonight. */
const SECONDS_PER_NODE = 0.3;
const SECONDS_PER_RELINK = 2;
const SECONDS_PER_MESSAGE = 0.6;
const SECONDS_PER_LINK_MEASUREMENT = 2;
/** Injecting, healing, and waiting until what was lost does not arrive after all. */
const SECONDS_PER_FAULT_SCHEDULE = 3;

/** Estimate of an experiment before it runs. */
export interface DryRun {
  runs: number;
  /** Number of times that nodes are started. */
  networks: number;
  /** A rough estimate; 0 where nothing is sent. */
  seconds: number;
  cells: {
    cell: string;
    parameters: Record<string, ParameterLabel>;
    runs: number;
    /** Means over the runs of the cell. */
    graph: GraphSample;
    /** Faults of the cell's first run; random ones depend on the seed. */
    faults: FaultPeriod[];
  }[];
}

/** Describes an experiment and computes its graph metrics without starting anything. */
export function dryRun({ axes, runs, load, probe }: Experiment): DryRun {
  const graphs = new Map(runs.map(({ topology }) => [topology, sampleGraph(topology)]));
  const cells = listCells(axes).map((cell) => {
    const own = runs.filter((run) => run.cell === cell);
    const graph = meanGraph(own.map(({ topology }) => graphs.get(topology)!));
    return { cell, parameters: own[0]!.parameters, runs: own.length, graph, faults: plannedFaults(own[0]!) };
  });
  if (load === undefined) return { runs: runs.length, networks: 0, seconds: 0, cells };
  const starts = groupRunsByNodes(runs).flatMap((group) =>
    group.filter((_, index) => index === 0 || needsFreshNodesAfter(group[index - 1]!)),
  );
  const measured = [...graphs.keys()].filter(({ conditions }) => probe > 0 && conditions.length > 0);
  const seconds =
    sum(starts.map(({ topology }) => topology.nodes.length * SECONDS_PER_NODE)) +
    sum(runs.map((run) => estimateRunSeconds(run, load))) +
    measured.length * SECONDS_PER_LINK_MEASUREMENT;
  return { runs: runs.length, networks: starts.length, seconds: Math.round(seconds), cells };
}

/** Averages each metric; null where one of the graphs has none. */
function meanGraph(graphs: readonly GraphSample[]): GraphSample {
  const keys = Object.keys(graphs[0]!) as (keyof GraphSample)[];
  return Object.fromEntries(
    keys.map((key) => {
      const values = graphs.map((graph) => graph[key]);
      return [key, values.includes(null) ? null : mean(values as number[])];
    }),
  ) as unknown as GraphSample;
}

function estimateRunSeconds({ faults }: Run, { messages, warmup, every }: WorkloadOptions): number {
  const sending =
    every === undefined
      ? (warmup + messages) * SECONDS_PER_MESSAGE
      : warmup * SECONDS_PER_MESSAGE + (messages * every) / 1_000;
  return SECONDS_PER_RELINK + sending + (faults ? SECONDS_PER_FAULT_SCHEDULE : 0);
}

/** Returns the faults that a run schedules, with their times. */
export function plannedFaults(run: Pick<Run, 'faults' | 'topology'>): FaultPeriod[] {
  return (run.faults ?? []).flatMap((step) => {
    if (step.do !== 'inject') return [];
    const to = isMomentary(step.faults) ? step.at : (step.until ?? null);
    return [
      { name: step.name, what: describeFaults(step.faults), from: step.at, to, ...countCutLinks(run, step.name) },
    ];
  });
}
