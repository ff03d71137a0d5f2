import type { Fault } from '../scenario/index.ts';
import type { Link } from '../topology/index.ts';
import type { Run } from './experiment.ts';
import type { CompleteRun, FaultSpan, MessageSample } from './sample.ts';
import { type Stopped, whereStopped } from './stopped.ts';

/** Why a message did not go on over a link, as far as can be told. */
export type Cause =
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
export interface Stop extends Link {
  why: Cause;
}

/** What is known of a run beside its messages. */
export interface Circumstances {
  /** What was to be done, where, and how: of the experiment's run. */
  run: Pick<Run, 'topology' | 'faults'>;
  /** What was done, and when: of the run as it was. */
  end: Pick<CompleteRun, 'began' | 'faults'>;
}

/** Where a message stopped, and why there. */
export interface Explained extends Stopped {
  at: Stop[];
  /** Name of the fault for which the sender was not there to be told; absent where it was told. */
  untold?: string;
}

/** A fault is in force a moment before that is known, and a message takes a moment to a link; milliseconds. */
const MOMENT = 100;

/** Tells where a message stopped, and why: by what was in force at each link when the message was there. */
export function explain(sample: MessageSample, { run, end }: Circumstances): Explained {
  const { at, cutOff } = whereStopped(sample, run.topology.links);
  const told = end.began === undefined ? 0 : Date.parse(sample.sent) - Date.parse(end.began);
  const faults = known(run.faults, end.faults);
  if (sample.receipts.length === 0) {
    const down = faults.find(
      ({ span, faults: of }) => inForce(span, told) && of.some((one) => isDown(one, sample.sender)),
    );
    return { at: [], cutOff: [], untold: down?.span.name ?? 'something unknown' };
  }
  const had = new Map(sample.receipts.map((receipt) => [receipt.node, told + receipt.at]));
  return { at: at.map((link) => ({ ...link, why: causeOf(link, had.get(link.from)!, run, faults) })), cutOff };
}

/** How many links of a run's topology a step of its faults cuts; nothing of one that cuts none. */
export function across({ topology, faults = [] }: Circumstances['run'], name: string): { across?: number } {
  const cutting = faults.flatMap((step) => (step.do === 'inject' && step.name === name ? step.faults : []));
  const cut = topology.links.filter((link) => cutting.some((fault) => hits(fault, link) === 'cut'));
  return cut.length === 0 ? {} : { across: cut.length };
}

/** A fault that was in force, with what it did. */
interface Known {
  span: FaultSpan;
  faults: readonly Fault[];
}

function known(planned: Run['faults'] = [], spans: readonly FaultSpan[] = []): Known[] {
  const byName = new Map(planned.flatMap((step) => (step.do === 'inject' ? [[step.name, step.faults] as const] : [])));
  return spans.flatMap((span) => {
    const faults = byName.get(span.name);
    return faults ? [{ span, faults }] : [];
  });
}

/** @param moment when the one end had the message, milliseconds since the run began */
function causeOf(link: Link, moment: number, { topology }: Circumstances['run'], all: readonly Known[]): Cause {
  const hitting = (of: readonly Known[], kind: Hit) =>
    of.find(({ faults }) => faults.some((one) => hits(one, link) === kind));
  const now = all.filter(({ span }) => inForce(span, moment));
  for (const kind of ['cut', 'dead'] as const) {
    const found = hitting(now, kind);
    if (found) return { kind, fault: found.span.name };
  }
  const dropped = hitting(now, 'dropped');
  const gossip = topology.nodes.find(({ name }) => name === link.from)?.env.DEVNET_GOSSIP ?? '';
  if (gossip.startsWith('fanout')) return { kind: 'choice', ...(dropped ? { fault: dropped.span.name } : {}) };
  if (dropped) return { kind: 'dropped', fault: dropped.span.name };
  const declared = topology.conditions.some((one) => joins(one, link) && (one.loss ?? 0) > 0);
  if (declared || hitting(now, 'loss')) return { kind: 'loss' };
  const over = all.filter(({ span }) => span.to !== null && span.to <= moment);
  const last = over.findLast((one) => hitting([one], 'cut') ?? hitting([one], 'dead'));
  return last ? { kind: 'aftermath', fault: last.span.name } : { kind: 'unknown' };
}

function inForce({ from, to }: FaultSpan, moment: number): boolean {
  return from - MOMENT <= moment && (to === null || to >= moment - MOMENT);
}

type Hit = 'cut' | 'dead' | 'dropped' | 'loss';

/** What a fault does to messages that are to go over a link; a connection needs both ways, whichever of them is hit. */
function hits(fault: Fault, link: Link): Hit | undefined {
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
      return isDown(fault, link.from) || isDown(fault, link.to) ? 'dead' : undefined;
    case 'messages': {
      // News that is announced is asked for on the way back.
      const there = fault.from === link.from && fault.to === link.to && carries(fault.type, ['gossip', 'ihave']);
      const back = fault.from === link.to && fault.to === link.from && carries(fault.type, ['iwant']);
      const drops = (fault.action === 'drop' || fault.action === 'corrupt') && fault.probability !== 0;
      return drops && (there || back) ? 'dropped' : undefined;
    }
    case 'link':
      return joins(fault, link) && (fault.quality.loss ?? 0) > 0 ? 'loss' : undefined;
    case 'squeeze':
      return undefined;
  }
}

const carries = (type: string | undefined, types: readonly string[]): boolean =>
  type === undefined || types.includes(type);

const isDown = (fault: Fault, node: string): boolean =>
  'node' in fault && fault.kind !== 'squeeze' && fault.node === node;

const joins = (one: Link, other: Link): boolean =>
  (one.from === other.from && one.to === other.to) || (one.from === other.to && one.to === other.from);

/** In a few words: `cut by split`. */
export function describeCause(why: Cause): string {
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
