import { RUNTIME_CAPABILITIES, type RuntimeName } from '../../network/capabilities.ts';
import { isMomentary } from '../../network/fault.ts';
import { describeFaults } from '../../network/faults/describe-fault.ts';
import { sampleGraph } from '../metrics/metrics.ts';
import type { FaultPeriod, GraphSample, ParameterLabel } from '../metrics/samples.ts';
import { mean } from '../metrics/statistics.ts';
import type { Experiment, Run } from '../plan/experiment.ts';
import { groupRunsByNodes, listCells, needsFreshNodesAfter } from '../plan/matrix.ts';
import { countCutLinks } from '../results/failure-causes.ts';
import { estimateSeconds } from './estimate.ts';

/** Estimate of an experiment before it runs. */
export interface DryRun {
  runs: number;
  /** Number of times that nodes are started. */
  networks: number;
  /** An estimate for a machine with two cores and nothing else to do; 0 where nothing is sent. */
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

/** Describes an experiment and computes its graph metrics without starting anything. @param runtime that it would run on */
export function dryRun(experiment: Experiment, runtime: RuntimeName): DryRun {
  const { axes, runs, load } = experiment;
  const graphs = new Map(runs.map(({ topology }) => [topology, sampleGraph(topology)]));
  const cells = listCells(axes).map((cell) => {
    const own = runs.filter((run) => run.cell === cell);
    const graph = meanGraph(own.map(({ topology }) => graphs.get(topology)!));
    return { cell, parameters: own[0]!.parameters, runs: own.length, graph, faults: plannedFaults(own[0]!) };
  });
  if (load === undefined) return { runs: runs.length, networks: 0, seconds: 0, cells };
  const reuses = RUNTIME_CAPABILITIES[runtime].has('keep');
  const starts = groupRunsByNodes(runs).flatMap((group) =>
    group.filter((_, index) => index === 0 || !reuses || needsFreshNodesAfter(group[index - 1]!)),
  );
  return {
    runs: runs.length,
    networks: starts.length,
    seconds: Math.round(estimateSeconds(experiment, runtime)),
    cells,
  };
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
