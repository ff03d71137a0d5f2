import { isMomentary } from '../../network/fault.ts';
import { describeFaults } from '../../scenario/index.ts';
import { sampleGraph } from '../metrics/metrics.ts';
import type { FaultPeriod, GraphSample, ParameterLabel } from '../metrics/samples.ts';
import { mean } from '../metrics/statistics.ts';
import type { Experiment, Run, WorkloadOptions } from '../plan/experiment.ts';
import { groupRunsByNodes, needsFreshNodesAfter } from '../plan/matrix.ts';
import { countCutLinks } from '../results/failure-causes.ts';

/** Seconds that these take where they were measured, on two cores: good enough to choose between now and tonight. */
const SECONDS_PER_NODE = 0.3;
const SECONDS_PER_RELINK = 2;
const SECONDS_PER_MESSAGE = 0.6;
const SECONDS_PER_LINK_MEASUREMENT = 2;
/** To inject and to heal; and to see that nothing more comes of what was lost. */
const SECONDS_PER_FAULT_SCHEDULE = 3;

/** What can be said of an experiment before it is carried out. */
export interface DryRun {
  runs: number;
  /** Times that nodes have to be made. */
  networks: number;
  /** Seconds, roughly; 0 where nothing is sent. */
  seconds: number;
  cells: {
    cell: string;
    parameters: Record<string, ParameterLabel>;
    runs: number;
    graph: GraphSample;
    /** What is done to the network in the cell's first run; what is drawn hangs on the seed. */
    faults: FaultPeriod[];
  }[];
}

/** Works out the graphs' figures, as means over the runs of a cell. */
export function dryRun({ runs, load, probe }: Experiment): DryRun {
  const graphs = new Map(runs.map(({ topology }) => [topology, sampleGraph(topology)]));
  const cells = [...new Set(runs.map(({ cell }) => cell))].map((cell) => {
    const own = runs.filter((run) => run.cell === cell);
    const of = own.map(({ topology }) => graphs.get(topology)!);
    const average = (pick: (graph: GraphSample) => number | null) => {
      const values = of.map(pick);
      return values.includes(null) ? null : mean(values as number[]);
    };
    const graph: GraphSample = {
      nodes: average(({ nodes }) => nodes)!,
      links: average(({ links }) => links)!,
      degree: average(({ degree }) => degree)!,
      diameter: average(({ diameter }) => diameter),
      path: average(({ path }) => path),
      clustering: average(({ clustering }) => clustering)!,
      cut: average(({ cut }) => cut)!,
    };
    return { cell, parameters: own[0]!.parameters, runs: own.length, graph, faults: plannedFaults(own[0]!) };
  });
  const groups = groupRunsByNodes(runs);
  if (load === undefined) return { runs: runs.length, networks: 0, seconds: 0, cells };
  const starts = groups.flatMap((group) =>
    group.filter((_, index) => index === 0 || needsFreshNodesAfter(group[index - 1]!)),
  );
  const starting = starts.reduce((sum, { topology }) => sum + topology.nodes.length * SECONDS_PER_NODE, 0);
  const each = runs.reduce((sum, run) => sum + estimateRunSeconds(run, load), 0);
  const measured = new Set(runs.map(({ topology }) => topology).filter(({ conditions }) => conditions.length > 0));
  const probing = probe === 0 ? 0 : measured.size * SECONDS_PER_LINK_MEASUREMENT;
  return { runs: runs.length, networks: starts.length, seconds: Math.round(starting + each + probing), cells };
}

function estimateRunSeconds({ faults }: Run, { messages, warmup, every }: WorkloadOptions): number {
  const sending =
    every === undefined
      ? (warmup + messages) * SECONDS_PER_MESSAGE
      : warmup * SECONDS_PER_MESSAGE + (messages * every) / 1_000;
  return SECONDS_PER_RELINK + sending + (faults ? SECONDS_PER_FAULT_SCHEDULE : 0);
}

/** The schedule of a run as faults with their times. */
export function plannedFaults(run: Pick<Run, 'faults' | 'topology'>): FaultPeriod[] {
  return (run.faults ?? []).flatMap((step) => {
    if (step.do !== 'inject') return [];
    const momentary = isMomentary(step.faults);
    const to = momentary ? step.at : (step.until ?? null);
    return [
      { name: step.name, what: describeFaults(step.faults), from: step.at, to, ...countCutLinks(run, step.name) },
    ];
  });
}
