import { Command } from 'commander';
import { type PlanStep, planRollout } from '../../../controller/lifecycle/plan.ts';
import { type PreflightCheck, preflight } from '../../../controller/lifecycle/preflight.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { formatList } from '../../../shared/text.ts';
import { computeGraphMetrics, type GraphMetrics, graphOf, type Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { defaultTopologyFile } from '../../input/default-topology.ts';
import { formatConditionCounts } from '../../output/conditions-format.ts';
import { formatTable, paint, pluralize } from '../../output/format.ts';
import { formatPlanLines, summarizePlan } from '../../output/plan-format.ts';

export const planCommand = (): Command =>
  new Command('plan')
    .summary('show a topology, what up would do now, and what stands in its way')
    .description(
      'Touches nothing: reads the file, looks at the engine and this machine. Exits with 1 when up would fail.',
    )
    .argument('[file]', 'topology file (default: as for up)')
    .option('--name <name>', 'name of the devnet, instead of the one in the file')
    .option('--json', 'as JSON')
    .action(run);

async function run(named: string | undefined, options: { name?: string; json?: true }): Promise<void> {
  const file = named ?? defaultTopologyFile();
  const topology = await loadTopology(file, options.name);
  const { checks, currentState: present } = await preflight(await connectEngine(), topology);
  const steps = planRollout(topology, present);
  const graph = computeGraphMetrics(graphOf(topology));
  if (checks.some(({ verdict }) => verdict === 'fails')) process.exitCode = 1;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ name: topology.name, figures: graph, steps, checks })}\n`);
    return;
  }
  process.stdout.write(
    `${[...formatTopologySummary(topology, file, graph), '', ...formatSteps(steps, present !== undefined), '', ...formatChecks(checks)].join('\n')}\n`,
  );
}

function formatTopologySummary(topology: Topology, file: string, graph: GraphMetrics): string[] {
  const { name, nodes, links } = topology;
  const conditions = formatConditionCounts(topology);
  const { degree, parts, diameter, averagePath, clustering, eccentricity } = graph;
  const spread = ({ min, mean, max }: GraphMetrics['degree']['out']) =>
    min === max ? String(min) : `${min} to ${max}, ${mean.toFixed(2)} on average`;
  return [
    `${paint('bold', name)}: ${pluralize(nodes.length, 'node')}, ${pluralize(links.length, 'link')} (${file})`,
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

function formatHops(number: number | null): string {
  return number === null ? 'none: not every node reaches every other' : pluralize(number, 'hop');
}

/** From which nodes how many hops reach everybody: `3 hops from n1, n2; 4 hops from n5`. */
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
  const title = `${paint('bold', 'up would')} ${steps.length === 0 ? 'do nothing: all is as declared' : summarizePlan(steps)}`;
  return change && steps.length > 0 ? [title, ...formatPlanLines(steps).map((line) => `  ${line}`)] : [title];
}

function formatChecks(checks: readonly PreflightCheck[]): string[] {
  const marks = { fine: paint('green', '✔'), warns: paint('yellow', '!'), fails: paint('red', '✘') };
  return checks.flatMap(({ what, verdict, found, fix }) => [
    `${marks[verdict]} ${what.padEnd(18)} ${found}`,
    ...(fix === undefined || verdict === 'fine' ? [] : [`  ${''.padEnd(18)} ${paint('bold', '→')} ${fix}`]),
  ]);
}
