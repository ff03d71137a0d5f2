import { planRollout } from '../../../controller/lifecycle/plan.ts';
import { type PreflightCheck, type PreflightResult, preflight } from '../../../controller/lifecycle/preflight.ts';
import { connectEngine } from '../../../engine/connection/engine.ts';
import type { PlanStep } from '../../../network/plan-step.ts';
import { displayName } from '../../../shared/files/text-file.ts';
import { formatList, pluralize } from '../../../shared/text.ts';
import { computeGraphMetrics, type GraphMetrics, graphOf, type Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { formatGraphSize, formatTable, paint } from '../../output/format.ts';
import { formatConditionCounts, formatPlanLines, summarizePlan } from '../../output/plan-format.ts';

interface Options {
  engine?: 'containers' | 'swarm';
  name?: string;
  json?: true;
}

export async function run(named: string | undefined, options: Options): Promise<void> {
  const file = named ?? defaultTopologyFile();
  const topology = await loadTopology(file, options.name);
  const engine = options.engine ?? (topology.engine === 'swarm' ? 'swarm' : 'containers');
  const { checks, currentState } = await runChecks(engine, topology);
  const steps = planRollout(topology, currentState);
  const graph = computeGraphMetrics(graphOf(topology));
  if (checks.some(({ verdict }) => verdict === 'fails')) process.exitCode = 1;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ name: topology.name, figures: graph, steps, checks })}\n`);
    return;
  }
  process.stdout.write(
    `${[...formatTopologySummary(topology, displayName(file), graph), '', ...formatSteps(steps, currentState !== undefined), '', ...formatChecks(checks)].join('\n')}\n`,
  );
}

async function runChecks(engine: 'containers' | 'swarm', topology: Topology): Promise<PreflightResult> {
  if (engine === 'containers') return preflight(await connectEngine(), topology);
  const { preflightSwarm } = await import('../../../runtimes/swarm/preflight.ts');
  return preflightSwarm(await connectEngine(), topology);
}

function formatTopologySummary(topology: Topology, file: string, graph: GraphMetrics): string[] {
  const { name, nodes, links } = topology;
  const conditions = formatConditionCounts(topology);
  const { degree, parts, diameter, averagePath, clustering, eccentricity } = graph;
  const spread = ({ min, mean, max }: GraphMetrics['degree']['out']) =>
    min === max ? String(min) : `${min} to ${max}, ${mean.toFixed(2)} on average`;
  return [
    `${paint('bold', name)}: ${formatGraphSize({ nodes, links })} (${file})`,
    '',
    formatTable([
      ['peers per node', spread(degree.out)],
      ['dialed by', spread(degree.in)],
      [
        'connected parts',
        parts.length === 1 ? '1' : `${parts.length}: ${parts.map((part) => part.length).join(', ')} nodes`,
      ],
      ['diameter', formatHops(diameter)],
      ['average path', averagePath === null ? 'none' : `${averagePath.toFixed(2)} hops`],
      ['clustering', clustering.toFixed(3)],
      ['gossip needs', formatGossipReach(eccentricity)],
      ...(conditions === undefined ? [] : [['conditions', conditions]]),
    ]),
  ];
}

function formatHops(count: number | null): string {
  return count === null ? 'none: not every node reaches every other' : pluralize(count, 'hop');
}

/** Hops that gossip needs to reach every node, by the node it starts from: `3 hops from n1, n2; 4 hops from n5`. */
function formatGossipReach(eccentricity: GraphMetrics['eccentricity']): string {
  const groups = new Map<number | null, string[]>();
  for (const { node, hops: needed } of eccentricity) groups.set(needed, [...(groups.get(needed) ?? []), node]);
  return [...groups]
    .sort(([a], [b]) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY))
    .map(([needed, nodes]) => {
      const some = formatList(nodes, { max: 6 });
      return needed === null ? `never reaches all from ${some}` : `${pluralize(needed, 'hop')} from ${some}`;
    })
    .join('; ');
}

function formatSteps(steps: readonly PlanStep[], change: boolean): string[] {
  const title = `${paint('bold', 'up would')} ${steps.length === 0 ? 'do nothing: the network is as declared' : summarizePlan(steps)}`;
  return change && steps.length > 0 ? [title, ...formatPlanLines(steps).map((line) => `  ${line}`)] : [title];
}

function formatChecks(checks: readonly PreflightCheck[]): string[] {
  const marks = { fine: paint('green', '✔'), warns: paint('yellow', '!'), fails: paint('red', '✘') };
  return checks.flatMap(({ what, verdict, found, fix }) => [
    `${marks[verdict]} ${what.padEnd(18)} ${found}`,
    ...(fix === undefined || verdict === 'fine' ? [] : [`  ${''.padEnd(18)} ${paint('bold', '→')} ${fix}`]),
  ]);
}
