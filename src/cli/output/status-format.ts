import { type Drift, describeDrift, hasNoDrift } from '../../network/links/drift.ts';
import type { LinkStatus, NetworkStatus, NodeStatus } from '../../network/network-status.ts';
import type { NodeCapability } from '../../network/peer-control/peer-control.ts';
import { groupBy } from '../../shared/group-by.ts';
import { formatList, pluralize } from '../../shared/text.ts';
import { describeClockDifference, describeClockOffset } from '../../shared/time/clock-offset.ts';
import { formatDuration, formatGraphSize, formatMemory, formatTable, paint, visibleWidth } from './format.ts';

/** Nodes beyond which only those are listed where something is wrong. */
export const MAX_LISTED_NODES = 40;

/** Limitation for each request that nodes do not answer. */
const MISSING_CAPABILITY_TEXT: Record<NodeCapability, string> = {
  get_status: 'the state and round trips of their links are unknown',
  get_peers: 'their links cannot be verified',
  remove_peer: 'a link removed from the file stays until its node is replaced',
};

/** Options of {@link formatStatus}. */
export interface StatusFormatOptions {
  /** List every node and link, however many there are. @default false */
  all?: boolean;
  /** List only these nodes, and the links from and to them. @default all */
  only?: readonly string[];
  /** Columns of the terminal. @default 100 */
  width?: number;
}

/** Formats a status for people: of a large network, what is wrong, unless all of it is asked for. */
export function formatStatus(status: NetworkStatus, options: StatusFormatOptions = {}): string {
  const { name, subnet, created, clockOffsetMs, drift, wanted } = status;
  const age = formatDuration((Date.now() + clockOffsetMs) / 1000 - created);
  const clock = describeClockOffset(clockOffsetMs);
  const only = options.only === undefined ? undefined : new Set(options.only);
  const nodes = status.nodes.filter((node) => only === undefined || only.has(node.name));
  const links = status.links.filter(({ from, to }) => only === undefined || only.has(from) || only.has(to));
  const isShort = !options.all && only === undefined && nodes.length > MAX_LISTED_NODES;
  return [
    `${paint('bold', name)}: ${formatGraphSize(status)}, ${subnet || 'no network'}, up for ${age}`,
    ...(clock === undefined ? [] : [`${paint('yellow', '!')} ${clock}; times in the log are the engine's`]),
    '',
    ...(isShort ? formatSummary(nodes, links) : [...formatNodes(nodes), ...formatLinks(links, options.width ?? 100)]),
    ...formatHosts(status),
    ...formatFaults(status),
    ...formatDrift(drift, 'the graph is as declared', status.faults.length),
    ...(wanted ? formatUnfinishedUp(status.nodes, wanted) : []),
    ...formatMissingCapabilities(nodes),
    '',
  ].join('\n');
}

/** Counts nodes and links by state, and lists those nodes that do not run. Links that are wrong are in the drift. */
function formatSummary(nodes: readonly NodeStatus[], links: readonly LinkStatus[]): string[] {
  const stopped = nodes.filter(({ state, misplacement }) => state !== 'running' || misplacement !== undefined);
  return [
    `nodes  ${formatCounts(nodes.map(({ state }) => state))}`,
    `links  ${formatCounts(links.map(linkWord))}${summarizeRoundTrips(links)}`,
    ...(stopped.length > 0 ? ['', ...formatNodes(stopped.slice(0, MAX_LISTED_NODES))] : ['']),
    `  ${paint('dim', 'every node and link: --all; some: --node n1 n2')}`,
    '',
  ];
}

/** Summarizes the round trips of many links, with the age of the oldest if nodes did not just measure them. */
function summarizeRoundTrips(links: readonly LinkStatus[]): string {
  const trips = links.flatMap(({ rtt }) => rtt ?? []).sort((a, b) => a - b);
  const [median, slowest] = [trips[trips.length >> 1], trips.at(-1)];
  if (median === undefined || slowest === undefined) return '';
  const ageMs = greatest(links.map(({ rttAgeMs = 0 }) => rttAgeMs));
  const age = ageMs < 1_000 ? '' : `, measured up to ${formatDuration(ageMs / 1_000)} ago`;
  return `; round trip ${formatRoundTrip(median)} in the median, ${formatRoundTrip(slowest)} at most${age}`;
}

/** Unlike Math.max, it takes as many values as there are links. */
const greatest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0);

function formatCounts(states: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const entries = [...counts].sort(([, a], [, b]) => b - a);
  return entries.length === 0
    ? 'none'
    : entries.map(([state, count]) => `${count.toLocaleString('en')} ${state}`).join(', ');
}

function formatNodes(nodes: readonly NodeStatus[]): string[] {
  const isSwarm = nodes.some(({ onHost }) => onHost !== undefined);
  const header = ['NODE', 'STATE', 'ADDRESS', 'UPTIME', 'MEMORY', ...(isSwarm ? ['HOST'] : [])];
  const rows = nodes.map((node) => [...formatNodeRow(node), ...(isSwarm ? [node.onHost ?? '-'] : [])]);
  return [formatTable([header, ...rows]), ''];
}

/** Names the hosts that cannot be used, with the nodes on them, those whose clocks differ, and those whose links are behind. */
function formatHosts({ hosts = [], nodes }: NetworkStatus): string[] {
  const lines = hosts.flatMap(({ name, unavailable, clockAheadMs = 0, linksMissed }) => {
    if (unavailable === undefined) {
      const clock = describeClockDifference(name, clockAheadMs, 'the manager');
      return [
        ...(clock === undefined ? [] : [`${paint('yellow', '!')} ${clock}, and its lines are in the log by it`]),
        ...(linksMissed === undefined ? [] : [`${paint('red', '!')} ${describeMissed(name, linksMissed)}`]),
      ];
    }
    const lost = nodes.filter(({ onHost }) => onHost === name).map((node) => node.name);
    const concerns = lost.length === 0 ? 'no nodes of this network' : formatList(lost, { max: 10 });
    const links = linksMissed === undefined ? '' : '; it may not have applied the link conditions and faults in force';
    return [`${paint('red', '!')} host ${name} cannot be used: ${unavailable}; on it: ${concerns}${links}`];
  });
  return lines.length === 0 ? [] : [...lines, ''];
}

function describeMissed(host: string, reason: string): string {
  return `host ${host} has not applied the link conditions and faults in force: ${reason}; each command tries again`;
}

function formatNodeRow(node: NodeStatus): string[] {
  const { name, state, misplacement, address, uptime, exitCode, memory, memoryLimit } = node;
  const code = exitCode === undefined ? '' : ` (${exitCode})`;
  const words = `${state}${code}${misplacement === undefined ? '' : `, ${misplacement}`}`;
  return [
    name,
    paint(state === 'running' && misplacement === undefined ? 'green' : 'red', words),
    address,
    uptime === undefined ? '-' : formatDuration(uptime),
    formatMemory(memory, memoryLimit),
  ];
}

/** Lists the links in rows, a row or more for each node that dials. */
function formatLinks(links: readonly LinkStatus[], width: number): string[] {
  if (links.length === 0) return [];
  const cells = new Map([...groupBy(links, ({ from }) => from)].map(([node, own]) => [node, own.map(formatLinkCell)]));
  const cellWidth = greatest([...cells.values()].flat().map(visibleWidth)) + 3;
  const nameWidth = greatest(['LINKS', ...cells.keys()].map((name) => name.length));
  const columns = Math.max(1, Math.floor((width - nameWidth - 1) / cellWidth));
  const rows: string[] = [`${'LINKS'.padEnd(nameWidth)}  and their round trips`];
  for (const [node, own] of cells) {
    for (let at = 0; at < own.length; at += columns) {
      const row = own.slice(at, at + columns).map((cell) => cell + ' '.repeat(cellWidth - visibleWidth(cell)));
      rows.push(`${(at === 0 ? node : '').padEnd(nameWidth)}  ${row.join('')}`.trimEnd());
    }
  }
  return [...rows, ''];
}

function formatLinkCell(link: LinkStatus): string {
  const { to, rtt } = link;
  const word = linkWord(link);
  if (word === 'up') return `-> ${to} ${rtt === undefined ? paint('green', word) : formatRoundTrip(rtt)}`;
  return `-> ${to} ${paint(word === 'listed' || word === 'unknown' ? 'yellow' : 'red', word)}`;
}

const linkWord = ({ state, cut }: LinkStatus): string => (cut === undefined ? state : `cut by ${cut}`);

const formatRoundTrip = (milliseconds: number): string => `${milliseconds.toFixed(milliseconds < 10 ? 2 : 1)} ms`;

/** Lists the faults in force on links, with times as far as this machine's clock tells. */
export function formatFaults({ faults, faultsUnknown }: Pick<NetworkStatus, 'faults' | 'faultsUnknown'>): string[] {
  if (faultsUnknown !== undefined) return [`${paint('red', '!')} faults on links are not known: ${faultsUnknown}`, ''];
  if (faults.length === 0) return [];
  const rows = faults.map(({ name, description, since, until, by = '-' }) => [
    paint('yellow', name),
    description,
    since === undefined ? '-' : formatClock(since),
    until === undefined ? 'healed' : formatClock(until),
    by,
  ]);
  return [formatTable([['FAULT', 'WHAT', 'SINCE', 'UNTIL', 'BY'], ...rows]), ''];
}

/** Formats a time as the log does: `15:16:13`, UTC. */
const formatClock = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(11, 19);

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

/** @param faultCount faults on links in force: a network with any is not healthy, even where it is as declared */
function formatDrift(drift: Drift, meaning: string, faultCount = 0): string[] {
  const listed = drift.listed.length > 0 ? `, ${pluralize(drift.listed.length, 'link')} of it listed only` : '';
  const faults = faultCount === 0 ? '' : `, but with ${pluralize(faultCount, 'fault')} in force`;
  const mark = faultCount === 0 ? paint('green', '✔') : paint('yellow', '!');
  const verdict = hasNoDrift(drift) ? `${mark} no drift: ${meaning}${listed}${faults}` : `${paint('red', '✘')} drift`;
  return [verdict, ...describeDrift({ ...drift, listed: [] }).map((line) => `  ${line}`)];
}

function formatMissingCapabilities(nodes: readonly NodeStatus[]): string[] {
  const lines = (Object.keys(MISSING_CAPABILITY_TEXT) as NodeCapability[]).flatMap((lack) => {
    const names = nodes.filter(({ lacks }) => lacks?.includes(lack)).map(({ name }) => name);
    return names.length > 0 ? [`  ${lack}, by ${formatList(names)}: ${MISSING_CAPABILITY_TEXT[lack]}`] : [];
  });
  return lines.length > 0 ? [`${paint('yellow', '!')} not answered`, ...lines] : [];
}
