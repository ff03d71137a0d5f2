import { describeFaults } from '../scenario/index.ts';
import { graphSample, leavesTraces } from './carry-out.ts';
import { across } from './causes.ts';
import { onSameNodes } from './expand.ts';
import type { Experiment, Label, Load, Run } from './experiment.ts';
import type { FaultSpan, GraphSample } from './sample.ts';
import { mean } from './statistics.ts';

/** Seconds that these take where they were measured, on two cores: good enough to choose between now and tonight. */
const PER_NODE = 0.3;
const PER_RELINK = 2;
const PER_MESSAGE = 0.6;
const PER_PROBING = 2;
/** To inject and to heal; and to see that nothing more comes of what was lost. */
const PER_FAULTS = 3;

/** What can be said of an experiment before it is carried out. */
export interface Prediction {
  runs: number;
  /** Times that nodes have to be made. */
  networks: number;
  /** Seconds, roughly; 0 where nothing is sent. */
  seconds: number;
  cells: {
    cell: string;
    parameters: Record<string, Label>;
    runs: number;
    graph: GraphSample;
    /** What is done to the network in the cell's first run; what is drawn hangs on the seed. */
    faults: FaultSpan[];
  }[];
}

/** Works out the graphs' figures, as means over the runs of a cell. */
export function predict({ runs, load, probe }: Experiment): Prediction {
  const graphs = new Map(runs.map(({ topology }) => [topology, graphSample(topology)]));
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
  const groups = onSameNodes(runs);
  if (load === undefined) return { runs: runs.length, networks: 0, seconds: 0, cells };
  const starts = groups.flatMap((group) => group.filter((_, index) => index === 0 || leavesTraces(group[index - 1]!)));
  const starting = starts.reduce((sum, { topology }) => sum + topology.nodes.length * PER_NODE, 0);
  const each = runs.reduce((sum, run) => sum + secondsOf(run, load), 0);
  const measured = new Set(runs.map(({ topology }) => topology).filter(({ conditions }) => conditions.length > 0));
  const probing = probe === 0 ? 0 : measured.size * PER_PROBING;
  return { runs: runs.length, networks: starts.length, seconds: Math.round(starting + each + probing), cells };
}

function secondsOf({ faults }: Run, { messages, warmup, every }: Load): number {
  const sending =
    every === undefined ? (warmup + messages) * PER_MESSAGE : warmup * PER_MESSAGE + (messages * every) / 1_000;
  return PER_RELINK + sending + (faults ? PER_FAULTS : 0);
}

/** The schedule of a run as faults with their times. */
export function plannedFaults(run: Pick<Run, 'faults' | 'topology'>): FaultSpan[] {
  return (run.faults ?? []).flatMap((step) => {
    if (step.do !== 'inject') return [];
    const momentary = step.faults.every(({ kind }) => kind === 'restart');
    const to = momentary ? step.at : (step.until ?? null);
    return [{ name: step.name, what: describeFaults(step.faults), from: step.at, to, ...across(run, step.name) }];
  });
}
