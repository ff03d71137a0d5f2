import type { Fault } from '../../scenario/index.ts';
import type { Link } from '../../topology/index.ts';
import type { CompleteRun, FaultPeriod, MessageSample } from '../metrics/samples.ts';
import type { Run } from '../plan/experiment.ts';
import { type DeliveryFailure, locateFailure } from './delivery-failure.ts';

/** Why a message did not go on over a link, as far as can be told. */
export type FailureCause =
  /** A fault, by its name: nothing passed, a node at one of the ends did not run or was frozen, or messages were dropped. */
  | { kind: 'cut' | 'dead' | 'dropped'; fault: string }
  /** The fault was over, and the link had not come back from it. */
  | { kind: 'aftermath'; fault: string }
  /** The node passes news on to some of its peers only; and what it did send may have been dropped by a fault. */
  | { kind: 'choice'; fault?: string }
  /** Packets get lost there: TCP sends them again, and that took longer than was waited for. */
  | { kind: 'loss' }
  | { kind: 'unknown' };

/** A link at which a message stopped, and why. */
export interface FailedLink extends Link {
  cause: FailureCause;
}

/** What is known of a run beside its messages. */
export interface RunContext {
  /** What was to be done, where, and how: of the experiment's run. */
  planned: Pick<Run, 'topology' | 'faults'>;
  /** What was done, and when: of the run as it was. */
  actual: Pick<CompleteRun, 'began' | 'faults'>;
}

/** Where a message stopped, and why there. */
export interface ExplainedFailure extends DeliveryFailure {
  failedLinks: FailedLink[];
  /** Name of the fault for which the sender was not there to be told; absent where it was told. */
  senderDownBy?: string;
}

/** A fault is in force a moment before that is known, and a message takes a moment to a link; milliseconds. */
const FAULT_TOLERANCE_MS = 100;

/** Tells where a message stopped, and why: by what was in force at each link when the message was there. */
export function explainFailure(sample: MessageSample, { planned: run, actual: end }: RunContext): ExplainedFailure {
  const { failedLinks: at, unreachable: cutOff } = locateFailure(sample, run.topology.links);
  const told = end.began === undefined ? 0 : Date.parse(sample.sent) - Date.parse(end.began);
  const faults = matchFaults(run.faults, end.faults);
  if (sample.receipts.length === 0) {
    const down = faults.find(
      ({ period: span, faults: of }) => isActive(span, told) && of.some((one) => takesNodeDown(one, sample.sender)),
    );
    return { failedLinks: [], unreachable: [], senderDownBy: down?.period.name ?? 'something unknown' };
  }
  const had = new Map(sample.receipts.map((receipt) => [receipt.node, told + receipt.at]));
  return {
    failedLinks: at.map((link) => ({ ...link, cause: findCause(link, had.get(link.from)!, run, faults) })),
    unreachable: cutOff,
  };
}

/** How many links of a run's topology a step of its faults cuts; nothing of one that cuts none. */
export function countCutLinks({ topology, faults = [] }: RunContext['planned'], name: string): { across?: number } {
  const cutting = faults.flatMap((step) => (step.do === 'inject' && step.name === name ? step.faults : []));
  const cut = topology.links.filter((link) => cutting.some((fault) => effectOnLink(fault, link) === 'cut'));
  return cut.length === 0 ? {} : { across: cut.length };
}

/** A fault that was in force, with what it did. */
interface FaultOccurrence {
  period: FaultPeriod;
  faults: readonly Fault[];
}

function matchFaults(planned: Run['faults'] = [], spans: readonly FaultPeriod[] = []): FaultOccurrence[] {
  const byName = new Map(planned.flatMap((step) => (step.do === 'inject' ? [[step.name, step.faults] as const] : [])));
  return spans.flatMap((span) => {
    const faults = byName.get(span.name);
    return faults ? [{ period: span, faults }] : [];
  });
}

/** @param moment when the one end had the message, milliseconds since the run began */
function findCause(
  link: Link,
  moment: number,
  { topology }: RunContext['planned'],
  all: readonly FaultOccurrence[],
): FailureCause {
  const hitting = (of: readonly FaultOccurrence[], kind: FaultEffect) =>
    of.find(({ faults }) => faults.some((one) => effectOnLink(one, link) === kind));
  const now = all.filter(({ period: span }) => isActive(span, moment));
  for (const kind of ['cut', 'dead'] as const) {
    const found = hitting(now, kind);
    if (found) return { kind, fault: found.period.name };
  }
  const dropped = hitting(now, 'dropped');
  const gossip = topology.nodes.find(({ name }) => name === link.from)?.env.DEVNET_GOSSIP ?? '';
  if (gossip.startsWith('fanout')) return { kind: 'choice', ...(dropped ? { fault: dropped.period.name } : {}) };
  if (dropped) return { kind: 'dropped', fault: dropped.period.name };
  const declared = topology.conditions.some((one) => connectsSameNodes(one, link) && (one.loss ?? 0) > 0);
  if (declared || hitting(now, 'loss')) return { kind: 'loss' };
  const over = all.filter(({ period: span }) => span.to !== null && span.to <= moment);
  const last = over.findLast((one) => hitting([one], 'cut') ?? hitting([one], 'dead'));
  return last ? { kind: 'aftermath', fault: last.period.name } : { kind: 'unknown' };
}

function isActive({ from, to }: FaultPeriod, moment: number): boolean {
  return from - FAULT_TOLERANCE_MS <= moment && (to === null || to >= moment - FAULT_TOLERANCE_MS);
}

type FaultEffect = 'cut' | 'dead' | 'dropped' | 'loss';

/** What a fault does to messages that are to go over a link; a connection needs both ways, whichever of them is hit. */
function effectOnLink(fault: Fault, link: Link): FaultEffect | undefined {
  switch (fault.kind) {
    case 'partition': {
      const cut = fault.cuts.some(
        ({ from, to }) =>
          (from.includes(link.from) && to.includes(link.to)) || (from.includes(link.to) && to.includes(link.from)),
      );
      return cut ? 'cut' : undefined;
    }
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart':
      return takesNodeDown(fault, link.from) || takesNodeDown(fault, link.to) ? 'dead' : undefined;
    case 'messages': {
      // News that is announced is asked for on the way back.
      const there = fault.from === link.from && fault.to === link.to && matchesType(fault.type, ['gossip', 'ihave']);
      const back = fault.from === link.to && fault.to === link.from && matchesType(fault.type, ['iwant']);
      const drops = (fault.action === 'drop' || fault.action === 'corrupt') && fault.probability !== 0;
      return drops && (there || back) ? 'dropped' : undefined;
    }
    case 'link':
      return connectsSameNodes(fault, link) && (fault.quality.loss ?? 0) > 0 ? 'loss' : undefined;
    case 'squeeze':
      return undefined;
  }
}

const matchesType = (type: string | undefined, types: readonly string[]): boolean =>
  type === undefined || types.includes(type);

const takesNodeDown = (fault: Fault, node: string): boolean =>
  'node' in fault && fault.kind !== 'squeeze' && fault.node === node;

const connectsSameNodes = (one: Link, other: Link): boolean =>
  (one.from === other.from && one.to === other.to) || (one.from === other.to && one.to === other.from);

/** In a few words: `cut by split`. */
export function describeFailureCause(why: FailureCause): string {
  switch (why.kind) {
    case 'cut':
      return `cut by ${why.fault}`;
    case 'dead':
      return `node down by ${why.fault}`;
    case 'dropped':
      return `dropped by ${why.fault}`;
    case 'aftermath':
      return `not yet back from ${why.fault}`;
    case 'choice':
      return why.fault === undefined ? "fan-out's choice" : `fan-out's choice, or dropped by ${why.fault}`;
    case 'loss':
      return 'lost packets';
    case 'unknown':
      return 'for no known reason';
  }
}
