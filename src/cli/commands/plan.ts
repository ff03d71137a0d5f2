import { Command } from 'commander';
import { loadTopology } from '../../devnet/load.ts';
import { planUp, type Step } from '../../devnet/plan.ts';
import { type Check, preflight } from '../../devnet/preflight.ts';
import { connectEngine } from '../../engine/engine.ts';
import { type Figures, figures, graphOf, type Topology } from '../../topology/index.ts';
import { conditionsLine } from '../conditions-format.ts';
import { defaultTopology } from '../default-topology.ts';
import { count, paint, table } from '../format.ts';
import { planLines, planSummary } from '../plan-format.ts';

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
  const file = named ?? defaultTopology();
  const topology = await loadTopology(file, options.name);
  const { checks, present } = await preflight(await connectEngine(), topology);
  const steps = planUp(topology, present);
  const graph = figures(graphOf(topology));
  if (checks.some(({ verdict }) => verdict === 'fails')) process.exitCode = 1;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ name: topology.name, figures: graph, steps, checks })}\n`);
    return;
  }
  process.stdout.write(
    `${[...about(topology, file, graph), '', ...doing(steps, present !== undefined), '', ...checked(checks)].join('\n')}\n`,
  );
}

function about(topology: Topology, file: string, graph: Figures): string[] {
  const { name, nodes, links } = topology;
  const conditions = conditionsLine(topology);
  const { degree, parts, diameter, averagePath, clustering, eccentricity } = graph;
  const spread = ({ min, mean, max }: Figures['degree']['out']) =>
    min === max ? String(min) : `${min} to ${max}, ${mean.toFixed(2)} on average`;
  return [
    `${paint('bold', name)}: ${count(nodes.length, 'node')}, ${count(links.length, 'link')} (${file})`,
    '',
    table([
      ['peers per node', spread(degree.out)],
      ['dialed by', spread(degree.in)],
      [
        'connected parts',
        parts.length === 1 ? '1' : `${parts.length}: ${parts.map((part) => part.length).join(', ')} nodes`,
      ],
      ['diameter', hops(diameter)],
      ['average path', averagePath === null ? 'none' : `${averagePath.toFixed(2)} hops`],
      ['clustering', clustering.toFixed(3)],
      ['gossip needs', reach(eccentricity)],
      ...(conditions === undefined ? [] : [['conditions', conditions]]),
    ]),
  ];
}

function hops(number: number | null): string {
  return number === null ? 'none: not every node reaches every other' : count(number, 'hop');
}

/** From which nodes how many hops reach everybody: `3 hops from n1, n2; 4 hops from n5`. */
function reach(eccentricity: Figures['eccentricity']): string {
  const groups = new Map<number | null, string[]>();
  for (const { node, hops: needed } of eccentricity) groups.set(needed, [...(groups.get(needed) ?? []), node]);
  return [...groups]
    .sort(([a], [b]) => (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY))
    .map(([needed, nodes]) => {
      const some = nodes.length > 6 ? `${nodes.slice(0, 5).join(', ')} and ${nodes.length - 5} more` : nodes.join(', ');
      return needed === null ? `never reaches all from ${some}` : `${count(needed, 'hop')} from ${some}`;
    })
    .join('; ');
}

function doing(steps: readonly Step[], change: boolean): string[] {
  const title = `${paint('bold', 'up would')} ${steps.length === 0 ? 'do nothing: all is as declared' : planSummary(steps)}`;
  return change && steps.length > 0 ? [title, ...planLines(steps).map((line) => `  ${line}`)] : [title];
}

function checked(checks: readonly Check[]): string[] {
  const marks = { fine: paint('green', '✔'), warns: paint('yellow', '!'), fails: paint('red', '✘') };
  return checks.flatMap(({ what, verdict, found, fix }) => [
    `${marks[verdict]} ${what.padEnd(18)} ${found}`,
    ...(fix === undefined || verdict === 'fine' ? [] : [`  ${''.padEnd(18)} ${paint('bold', '→')} ${fix}`]),
  ]);
}
