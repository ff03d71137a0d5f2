import type { ActiveFault, ActiveLinkConditions } from '../network/fault.ts';
import { toLogTime } from '../network/log-entry.ts';
import type { LinkStatus, NetworkStatus, NodeStatus } from '../network/network-status.ts';
import type { Topology } from '../topology/model/topology.ts';
import type { NewEvent } from './live-recording.ts';
import type { RecordedLink, RecordedNode, Snapshot } from './recording-event.ts';

/** Returns the events by which a status differs from what is recorded. */
export function diffStatus(snapshot: Snapshot, { nodes, links }: Pick<NetworkStatus, 'nodes' | 'links'>): NewEvent[] {
  const knownNodes = new Map(snapshot.nodes.map(({ since: _since, ...node }) => [node.name, node as RecordedNode]));
  const changedNodes = nodes
    .map((node) => toRecordedNode(node, knownNodes.get(node.name)))
    .filter((node) => !isSame(node, knownNodes.get(node.name)));
  const knownLinks = new Map(snapshot.links.map((link) => [linkKey(link), link]));
  const found = new Set(links.map(linkKey));
  const changedLinks = links
    .map((link) => toRecordedLink(link, knownLinks.get(linkKey(link))))
    .filter((link) => !isSame(link, knownLinks.get(linkKey(link))));
  const removed = snapshot.links.filter((link) => !found.has(linkKey(link))).map(({ from, to }) => ({ from, to }));
  return [
    ...(changedNodes.length > 0 ? [{ type: 'nodes', nodes: changedNodes } as const] : []),
    ...(changedLinks.length + removed.length > 0
      ? [{ type: 'links', links: changedLinks, ...(removed.length > 0 ? { removed } : {}) } as const]
      : []),
  ];
}

/** Kinds of faults that are on nodes: these are in force until who injected them says otherwise. */
export const NODE_FAULT_KINDS: ReadonlySet<string> = new Set(['kill', 'stop', 'pause', 'squeeze', 'restart']);

/** Returns the events by which the faults in force differ from what is recorded. @param faults on links */
export function diffFaults(snapshot: Snapshot, faults: readonly ActiveFault[]): NewEvent[] {
  const known = new Set(snapshot.faults.map(({ name }) => name));
  const active = new Set(faults.map(({ name }) => name));
  const healed = snapshot.faults.filter(
    ({ name, faults }) => !active.has(name) && !faults?.some(({ kind }) => NODE_FAULT_KINDS.has(kind)),
  );
  const injected = faults.filter(({ name }) => !known.has(name));
  return [
    ...healed.map(({ name }) => ({ type: 'heal', name }) as const),
    ...injected.map(({ name, description, until, since, by }) => ({
      type: 'fault' as const,
      name,
      description,
      ...(since === undefined ? {} : { since: toLogTime(since) }),
      ...(until === undefined ? {} : { until: toLogTime(until) }),
      ...(by === undefined ? {} : { by }),
    })),
  ];
}

/**
 * Returns the event by which the conditions in force differ from what is recorded, if they do. Only those between nodes that have a
 * link: a partition of a thousand nodes is a quarter of a million pairs.
 */
export function diffConditions(
  { conditions, links }: Pick<Snapshot, 'conditions' | 'links'>,
  topology: Pick<Topology, 'links'>,
  inForce: readonly ActiveLinkConditions[],
): NewEvent[] {
  const linked = new Set([...topology.links, ...links].flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]));
  const known = new Map(conditions.map((one) => [linkKey(one), one]));
  const relevant = inForce.filter((one) => linked.has(linkKey(one)));
  const found = new Set(relevant.map(linkKey));
  const changed = [
    ...relevant.filter((one) => !isSame(one, known.get(linkKey(one)))),
    ...conditions.filter((one) => !found.has(linkKey(one))).map(({ from, to }) => ({ from, to })),
  ];
  return changed.length === 0 ? [] : [{ type: 'conditions', conditions: changed }];
}

function toRecordedNode(
  { name, state, address, misplacement, exitCode, lacks }: NodeStatus,
  known: RecordedNode | undefined,
): RecordedNode {
  const keptLacks = lacks ?? known?.lacks; // Not asked for each time.
  // Where a runtime does not keep it, it was in the log.
  const keptExitCode = exitCode ?? (state === known?.state ? known?.exitCode : undefined);
  return {
    name,
    state,
    address,
    ...(misplacement === undefined ? {} : { misplacement }),
    ...(keptExitCode === undefined ? {} : { exitCode: keptExitCode }),
    ...(keptLacks === undefined ? {} : { lacks: keptLacks }),
  };
}

function toRecordedLink({ from, to, state, cut, rtt }: LinkStatus, known: RecordedLink | undefined): RecordedLink {
  const keptRtt = rtt ?? (state === 'up' ? known?.rtt : undefined);
  return {
    from,
    to,
    state,
    ...(cut === undefined ? {} : { cut }),
    ...(keptRtt === undefined ? {} : { rtt: keptRtt }),
  };
}

function linkKey({ from, to }: { from: string; to: string }): string {
  return `${from} ${to}`;
}

/** Compares plain JSON whose keys may be in another order. */
function isSame(one: object, other: object | undefined): boolean {
  if (other === undefined) return false;
  const [a, b] = [one, other] as Record<string, unknown>[];
  const keys = Object.keys(a as object);
  if (keys.length !== Object.keys(b as object).length) return false;
  return keys.every((key) => a?.[key] === b?.[key] || JSON.stringify(a?.[key]) === JSON.stringify(b?.[key]));
}
