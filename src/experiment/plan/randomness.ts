import { createHash } from 'node:crypto';
import { DEFAULT_SEED } from '../../shared/seeded-random.ts';
import type { Topology } from '../../topology/index.ts';
import type { Experiment, Run } from './experiment.ts';

/** Variable of a node's environment that seeds its choices of peers; the same in all runs, so that nodes can stay. */
const NODE_SEED_VARIABLE = 'DEVNET_SEED';

/** Gives a seed to each node that declares none: without one, a node with fan-out would choose anew at every start. */
export function seedNodes(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    env: { ...node.env, [NODE_SEED_VARIABLE]: node.env[NODE_SEED_VARIABLE] ?? String(DEFAULT_SEED) },
  }));
  return { ...topology, nodes };
}

/**
 * Returns the prefix of the ids of a run's messages. A node with fan-out chooses peers by its seed, its name and the id, so
 * these choices follow from the key of the run, which contains its seed, and not from which other runs there are. No two
 * runs share an id: nodes that stay remember the ids that they had.
 */
export function messageIdPrefix({ key }: Pick<Run, 'key'>): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 10);
}

const UNSEEDED_CONDITIONS = ['jitter', 'loss', 'duplicate', 'reorder', 'corrupt'] as const;

/** Says of everything that is random in an experiment what it follows from, for the record. */
export function describeRandomness({ runs, load }: Pick<Experiment, 'runs' | 'load'>): Record<string, string> {
  const topologies = [...new Set(runs.map(({ topology }) => topology))];
  const injected = runs.flatMap(({ faults = [] }) =>
    faults.flatMap((step) => (step.do === 'inject' ? step.faults : [])),
  );
  const unseeded = [
    ...UNSEEDED_CONDITIONS.filter((name) =>
      topologies.some(({ conditions }) => conditions.some((one) => (one[name] ?? 0) > 0)),
    ),
    ...(injected.some((fault) => fault.kind === 'messages' && (fault.probability ?? 1) < 1)
      ? ['which messages a fault drops']
      : []),
    ...(injected.length > 0 ? ['pauses before a node dials again'] : []),
  ];
  const seeds = [...new Set(topologies.flatMap(({ nodes }) => nodes.map(({ env }) => env[NODE_SEED_VARIABLE]!)))];
  return {
    graphs: `the seeds of shapes in the file, ${DEFAULT_SEED} where a shape has none; $seed is the seed of the run`,
    ...(load ? { senders: 'the seed and the repeat of the run' } : {}),
    ...(injected.length > 0 ? { 'random faults': 'the seed of the run, or of the step' } : {}),
    ...(load
      ? { 'fan-out': `${NODE_SEED_VARIABLE} of the node (${seeds.join(', ')}), its name, and the id of the message` }
      : {}),
    ...(unseeded.length > 0 ? { 'drawn anew each time': unseeded.join(', ') } : {}),
  };
}
