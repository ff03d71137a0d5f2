import { graphSample } from './carry-out.ts';
import { onSameNodes } from './expand.ts';
import type { Experiment, Label } from './experiment.ts';
import type { GraphSample } from './sample.ts';
import { mean } from './statistics.ts';

/** Seconds that these take where they were measured, on two cores: good enough to choose between now and tonight. */
const PER_NODE = 0.3;
const PER_RELINK = 2;
const PER_MESSAGE = 0.6;

/** What can be said of an experiment before it is carried out. */
export interface Prediction {
  runs: number;
  /** Times that nodes have to be made. */
  networks: number;
  /** Seconds, roughly; 0 where nothing is sent. */
  seconds: number;
  cells: { cell: string; parameters: Record<string, Label>; runs: number; graph: GraphSample }[];
}

/** Works out the graphs' figures, as means over the runs of a cell. */
export function predict({ runs, load }: Experiment): Prediction {
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
    };
    return { cell, parameters: own[0]!.parameters, runs: own.length, graph };
  });
  const groups = onSameNodes(runs);
  if (load === undefined) return { runs: runs.length, networks: 0, seconds: 0, cells };
  const starting = groups.reduce((sum, [first]) => sum + first!.topology.nodes.length * PER_NODE, 0);
  const each =
    PER_RELINK + (load.warmup + load.messages) * (load.every === undefined ? PER_MESSAGE : load.every / 1000);
  return { runs: runs.length, networks: groups.length, seconds: Math.round(starting + runs.length * each), cells };
}
