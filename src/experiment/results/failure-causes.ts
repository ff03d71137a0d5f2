import type { PlannedFault } from '../../network/fault.ts';
import type { Link } from '../../topology/index.ts';
import type { CompleteRun, FaultPeriod, MessageSample } from '../metrics/samples.ts';
import type { Run } from '../plan/experiment.ts';

/** Links and nodes at which a message stopped. */
export interface DeliveryFailure<Failed extends Link = Link> {
  /** Links from a node that had the message to one that never received it. */
  failedLinks: Failed[];
  /** Nodes that no path leads to from any node that had the message, so that the graph itself kept it from them. */
  unreachable: string[];
}

/** Reason that a message was not forwarded over a link, as far as it can be known. */
export type FailureCause =
  /** A fault, by its name: it cut the link, took one of the nodes down or froze it, or dropped messages. */
  | { kind: 'cut' | 'node_down' | 'dropped'; fault: string }
  /** The fault was healed, and the link had not recovered yet. */
  | { kind: 'recovering'; fault: string }
  /** The node forwards to some of its peers only; what it did send may have been dropped by a fault. */
  | { kind: 'fanout_choice'; fault?: string }
  /** The link loses packets: TCP retransmits them, and that took longer than the time limit of the message. */
  | { kind: 'loss' }
  | { kind: 'unknown' };

/** A link that a message was not forwarded over, and why. */
export interface FailedLink extends Link {
  cause: FailureCause;
}

/** Links and nodes at which a message stopped, with the reasons. */
export interface ExplainedFailure extends DeliveryFailure<FailedLink> {
  /** Name of the fault that kept the sender down; absent where the sender received the message. */
  senderDownBy?: string;
}

/** Facts about a run other than its messages. */
export interface RunContext {
  planned: Pick<Run, 'topology' | 'faults'>;
  actual: Pick<CompleteRun, 'began' | 'faults'>;
}

/** A fault takes effect shortly before that is known, and a message takes a moment to reach a link. */
const FAULT_TOLERANCE_MS = 100;

/** Finds where a message stopped. Nodes that never received it do not count as failing to forward it. */
export function locateFailure(
  { receipts, never }: Pick<MessageSample, 'receipts' | 'never'>,
  links: readonly Link[],
): DeliveryFailure {
  const reached = new Set(receipts.map(({ node }) => node));
  const failedLinks = links.filter(({ from, to }) => reached.has(from) && never.includes(to));
  // A set that grows while it is iterated: everything downstream of a failed link.
  const downstream = new Set(failedLinks.map(({ to }) => to));
  for (const node of downstream)
    for (const { from, to } of links) if (from === node && !reached.has(to)) downstream.add(to);
  return { failedLinks, unreachable: never.filter((node) => !downstream.has(node)) };
}

/** Finds where a message stopped and why, by the faults in force at each link when the message was there. */
export function explainFailure(sample: MessageSample, { planned, actual }: RunContext): ExplainedFailure {
  const { failedLinks, unreachable } = locateFailure(sample, planned.topology.links);
  const sentAtMs = actual.began === undefined ? 0 : Date.parse(sample.sent) - Date.parse(actual.began);
  const occurrences = matchFaults(planned.faults, actual.faults);
  if (sample.receipts.length === 0) {
    const down = occurrences.find(
      ({ period, faults }) => isActive(period, sentAtMs) && faults.some((fault) => takesNodeDown(fault, sample.sender)),
    );
    return { failedLinks: [], unreachable: [], senderDownBy: down?.period.name ?? 'something unknown' };
  }
  const receivedAtMs = new Map(sample.receipts.map(({ node, at }) => [node, sentAtMs + at]));
  const explained = failedLinks.map((link) => ({
    ...link,
    cause: findCause(link, receivedAtMs.get(link.from)!, planned.topology, occurrences),
  }));
  return { failedLinks: explained, unreachable };
}

/** Counts the links that a step of the planned faults cuts. @returns an empty object for a step that cuts none */
export function countCutLinks({ topology, faults = [] }: RunContext['planned'], step: string): { across?: number } {
  const injected = faults.flatMap((one) => (one.do === 'inject' && one.name === step ? one.faults : []));
  const cut = topology.links.filter((link) => injected.some((fault) => effectOnLink(fault, link) === 'cut'));
  return cut.length === 0 ? {} : { across: cut.length };
}

/** The faults of a step, and when they were in force. */
interface FaultOccurrence {
  period: FaultPeriod;
  faults: readonly PlannedFault[];
}

function matchFaults(planned: Run['faults'] = [], periods: readonly FaultPeriod[] = []): FaultOccurrence[] {
  return periods.flatMap((period) =>
    planned.flatMap((step) =>
      step.do === 'inject' && step.name === period.name ? [{ period, faults: step.faults }] : [],
    ),
  );
}

/** @param moment when the sending end had the message, milliseconds since the run began */
function findCause(
  link: Link,
  moment: number,
  topology: Run['topology'],
  occurrences: readonly FaultOccurrence[],
): FailureCause {
  const hasEffect = (effect: FaultEffect) => (occurrence: FaultOccurrence) =>
    occurrence.faults.some((fault) => effectOnLink(fault, link) === effect);
  const active = occurrences.filter(({ period }) => isActive(period, moment));
  for (const kind of ['cut', 'node_down'] as const) {
    const found = active.find(hasEffect(kind));
    if (found) return { kind, fault: found.period.name };
  }
  const dropped = active.find(hasEffect('dropped'));
  const gossip = topology.nodes.find(({ name }) => name === link.from)?.env.DEVNET_GOSSIP ?? '';
  if (gossip.startsWith('fanout')) return { kind: 'fanout_choice', ...(dropped ? { fault: dropped.period.name } : {}) };
  if (dropped) return { kind: 'dropped', fault: dropped.period.name };
  const declared = topology.conditions.some((one) => connectsSameNodes(one, link) && (one.loss ?? 0) > 0);
  if (declared || active.some(hasEffect('loss'))) return { kind: 'loss' };
  const last = occurrences
    .filter(({ period: { to } }) => to !== null && to <= moment)
    .findLast((one) => hasEffect('cut')(one) || hasEffect('node_down')(one));
  return last ? { kind: 'recovering', fault: last.period.name } : { kind: 'unknown' };
}

function isActive({ from, to }: FaultPeriod, moment: number): boolean {
  return from - FAULT_TOLERANCE_MS <= moment && (to === null || to >= moment - FAULT_TOLERANCE_MS);
}

type FaultEffect = 'cut' | 'node_down' | 'dropped' | 'loss';

/** Returns what a fault does to messages on a link. A cut in one direction is enough: a connection needs both. */
function effectOnLink(fault: PlannedFault, link: Link): FaultEffect | undefined {
  switch (fault.kind) {
    case 'partition': {
      const cuts = (a: string, b: string) => fault.cuts.some(({ from, to }) => from.includes(a) && to.includes(b));
      return cuts(link.from, link.to) || cuts(link.to, link.from) ? 'cut' : undefined;
    }
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart':
      return takesNodeDown(fault, link.from) || takesNodeDown(fault, link.to) ? 'node_down' : undefined;
    case 'messages': {
      const hits = (from: string, to: string, types: readonly string[]) =>
        fault.from === from && fault.to === to && (fault.type === undefined || types.includes(fault.type));
      const drops = (fault.action === 'drop' || fault.action === 'corrupt') && fault.probability !== 0;
      // A node that is sent an announcement asks for the message on the way back.
      const isHit = hits(link.from, link.to, ['gossip', 'ihave']) || hits(link.to, link.from, ['iwant']);
      return drops && isHit ? 'dropped' : undefined;
    }
    case 'link':
      return connectsSameNodes(fault, link) && (fault.quality.loss ?? 0) > 0 ? 'loss' : undefined;
    case 'host': // Which nodes it hit depends on the hosts of the run.
    case 'squeeze':
      return undefined;
  }
}

const takesNodeDown = (fault: PlannedFault, node: string): boolean =>
  'node' in fault && fault.kind !== 'squeeze' && fault.node === node;

const connectsSameNodes = (one: Link, other: Link): boolean =>
  (one.from === other.from && one.to === other.to) || (one.from === other.to && one.to === other.from);

/** Describes a cause in a few words: `cut by split`. They are part of stopped.csv. */
export function describeFailureCause(cause: FailureCause): string {
  switch (cause.kind) {
    case 'cut':
      return `cut by ${cause.fault}`;
    case 'node_down':
      return `node down by ${cause.fault}`;
    case 'dropped':
      return `dropped by ${cause.fault}`;
    case 'recovering':
      return `not yet back from ${cause.fault}`;
    case 'fanout_choice':
      return cause.fault === undefined ? "fan-out's choice" : `fan-out's choice, or dropped by ${cause.fault}`;
    case 'loss':
      return 'lost packets';
    case 'unknown':
      return 'for no known reason';
  }
}

/** Most links or nodes that a description names. */
const MAX_NAMED = 3;

/** Describes a failure: `not forwarded over n3 -> n4 (cut by split)`. */
export function describeFailure(
  failure: DeliveryFailure<Link & Partial<FailedLink>> & { senderDownBy?: string },
): string {
  const { failedLinks, unreachable, senderDownBy } = failure;
  if (senderDownBy !== undefined) return `its sender was down (${senderDownBy})`;
  const byCause = new Map<string, string[]>();
  for (const { from, to, cause } of failedLinks) {
    const reason = cause === undefined ? '' : ` (${describeFailureCause(cause)})`;
    byCause.set(reason, [...(byCause.get(reason) ?? []), `${from} -> ${to}`]);
  }
  const links = [...byCause].map(([reason, all]) => {
    const named =
      all.length > MAX_NAMED ? [...all.slice(0, MAX_NAMED - 1), `${all.length - MAX_NAMED + 1} other links`] : all;
    return `${named.join(', ')}${reason}`;
  });
  return [
    ...(links.length === 0 ? [] : [`not forwarded over ${links.join(', ')}`]),
    ...(unreachable.length === 0
      ? []
      : [
          `no link leads to ${unreachable.length > MAX_NAMED ? `${unreachable.length} of them` : unreachable.join(', ')}`,
        ]),
  ].join('; ');
}
