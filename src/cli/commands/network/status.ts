import { connectEngine } from '../../../engine/engine.ts';
import { type Drift, describeDrift, hasNoDrift } from '../../../network/drift.ts';
import type { LinkStatus, NetworkStatus, NodeStatus } from '../../../network/network-status.ts';
import type { NodeCapability } from '../../../network/peer-control/peer-control.ts';
import { attachContainerNetwork } from '../../../runtimes/containers/container-network.ts';
import { formatList } from '../../../shared/text.ts';
import { networkName } from '../../input/select-network.ts';
import { formatBytes, formatDuration, formatGraphSize, formatTable, paint } from '../../output/format.ts';

/** Limitation for each request that nodes do not answer. */
const MISSING_CAPABILITY_TEXT: Record<NodeCapability, string> = {
  get_status: 'the state and round trips of their links are unknown',
  get_peers: 'their links cannot be verified',
  remove_peer: 'a link removed from the file stays until its node is replaced',
};

export async function run(argument: string | undefined, options: { name?: string; json?: true }): Promise<void> {
  const network = await attachContainerNetwork(await connectEngine(), networkName(argument, options.name));
  const status = await network.status();
  network.close();
  process.stdout.write(options.json ? `${JSON.stringify(status)}\n` : formatStatus(status));
  if (!hasNoDrift(status.drift)) process.exitCode = 1;
}

function formatStatus({ name, nodes, links, subnet, created, drift, wanted }: NetworkStatus): string {
  const age = formatDuration(Date.now() / 1000 - created);
  return [
    `${paint('bold', name)}: ${formatGraphSize({ nodes, links })}, ${subnet || 'no network'}, up for ${age}`,
    '',
    formatTable([['NODE', 'STATE', 'ADDRESS', 'UPTIME', 'MEMORY'], ...nodes.map(formatNodeRow)]),
    '',
    ...(links.length > 0 ? [formatTable([['LINK', 'STATE', 'ROUND TRIP'], ...links.map(formatLinkRow)]), ''] : []),
    ...formatDrift(drift, 'the graph is as declared'),
    ...(wanted ? formatUnfinishedUp(nodes, wanted) : []),
    ...formatMissingCapabilities(nodes),
    '',
  ].join('\n');
}

/** Formats the comparison with the topology of an `up` that did not finish. */
function formatUnfinishedUp(nodes: readonly NodeStatus[], wanted: NonNullable<NetworkStatus['wanted']>): string[] {
  const declared = new Set(nodes.map(({ name }) => name));
  const added = wanted.nodes.filter(({ name }) => !declared.has(name));
  const state = wanted.changing ? 'an up is running, or was killed' : 'the last up failed; devnet up again continues';
  return [
    '',
    `${paint('yellow', '!')} ${state}. Compared with the topology that it declares:`,
    ...(added.length > 0 ? [formatTable(added.map(formatNodeRow))] : []),
    ...formatDrift(wanted.drift, 'the graph is the one that it declares'),
  ];
}

function formatDrift(drift: Drift, meaning: string): string[] {
  const verdict = hasNoDrift(drift) ? `${paint('green', '✔')} no drift: ${meaning}` : `${paint('red', '✘')} drift`;
  return [verdict, ...describeDrift(drift).map((line) => `  ${line}`)];
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
