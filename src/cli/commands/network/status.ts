import { Command } from 'commander';
import { status } from '../../../controller/inspect/network-status.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { describeDrift, hasNoDrift } from '../../../network/drift.ts';
import type { LinkStatus, NetworkStatus, NodeStatus } from '../../../network/network-status.ts';
import type { NodeCapability } from '../../../network/peer-control/node-capabilities.ts';
import { formatList } from '../../../shared/text.ts';
import { formatBytes, formatDuration, formatTable, paint, pluralize } from '../../output/format.ts';

export const statusCommand = (): Command =>
  new Command('status')
    .alias('ps')
    .summary('nodes, links and drift of a devnet')
    .description(
      'Asks the engine and every node how things stand. Exits with 1 when the graph is not the declared one.',
    )
    .argument('[name]', 'name of the devnet; without it, the only one there is')
    .option('--json', 'as JSON')
    .action(run);

/** What does not work with nodes that do not answer, and how many of them are named. */
const MISSING_CAPABILITY_TEXT: Record<NodeCapability, string> = {
  get_status: 'whether their links stand is not known, nor the round trips',
  get_peers: 'their links cannot be verified',
  remove_peer: 'a link taken out of the file stays until its node is made anew',
};

async function run(name: string | undefined, options: { json?: true }): Promise<void> {
  const engine = await connectEngine();
  const found = await status(engine, await findDevnet(engine, name));
  process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : formatStatus(found));
  if (!hasNoDrift(found.drift)) process.exitCode = 1;
}

function formatStatus(found: NetworkStatus): string {
  const age = formatDuration(Date.now() / 1000 - found.created);
  const heading = `${paint('bold', found.name)}: ${pluralize(found.nodes.length, 'node')}, ${pluralize(found.links.length, 'link')}, ${found.subnet || 'no network'}, up for ${age}`;
  const drift = describeDrift(found.drift);
  const verdict = hasNoDrift(found.drift)
    ? `${paint('green', '✔')} no drift: the graph is the declared one`
    : `${paint('red', '✘')} drift`;
  return [
    heading,
    '',
    formatTable([['NODE', 'STATE', 'ADDRESS', 'UPTIME', 'MEMORY'], ...found.nodes.map(formatNodeRow)]),
    '',
    ...(found.links.length > 0
      ? [formatTable([['LINK', 'STATE', 'ROUND TRIP'], ...found.links.map(formatLinkRow)]), '']
      : []),
    verdict,
    ...drift.map((line) => `  ${line}`),
    ...formatMissingCapabilities(found.nodes),
    '',
  ].join('\n');
}

function formatMissingCapabilities(nodes: readonly NodeStatus[]): string[] {
  const lines = (Object.keys(MISSING_CAPABILITY_TEXT) as NodeCapability[]).flatMap((lack) => {
    const names = nodes.filter(({ lacks }) => lacks?.includes(lack)).map(({ name }) => name);
    return names.length > 0 ? [`  ${lack}, by ${formatList(names)}: ${MISSING_CAPABILITY_TEXT[lack]}`] : [];
  });
  return lines.length > 0 ? [`${paint('yellow', '!')} not answered`, ...lines] : [];
}

function formatNodeRow({ name, state, address, uptime, exitCode, memory, memoryLimit }: NodeStatus): string[] {
  const words = exitCode === undefined ? state : `${state} (${exitCode})`;
  return [
    name,
    paint(state === 'running' ? 'green' : 'red', words),
    address,
    uptime === undefined ? '-' : formatDuration(uptime),
    memory === undefined ? '-' : `${formatBytes(memory)} of ${formatBytes(memoryLimit ?? 0)}`,
  ];
}

function formatLinkRow({ from, to, state, rtt }: LinkStatus): string[] {
  const colour = state === 'up' ? 'green' : state === 'listed' || state === 'unknown' ? 'yellow' : 'red';
  return [`${from} -> ${to}`, paint(colour, state), rtt === undefined ? '-' : `${rtt.toFixed(rtt < 10 ? 2 : 1)} ms`];
}
