import type { Fault } from '../../network/fault.ts';
import { formatScheduleTime } from '../model/duration.ts';

/** Faults of one step at one time, from when to when. */
export interface FaultWindow {
  at: number;
  /** Absent: to the end of the scenario. */
  end?: number;
  /** Index of the step. */
  step: number;
  /** As the file names the step. */
  name?: string;
  faults: Fault[];
  /** Index of the step that heals it before its own time, and when. */
  healedBy?: number;
  healedAt?: number;
  /** It is over when it has happened: there is nothing to heal. */
  momentary: boolean;
}

/** A step that heals, at one time; without names, all there is. */
export interface ScheduledHeal {
  at: number;
  step: number;
  names?: readonly string[];
}

/** A step that does to a node or a link what an earlier one is still doing to it. */
export interface FaultConflict {
  /** Index of the later step. */
  step: number;
  message: string;
}

interface NewFaultWindow {
  at: number;
  step: number;
  name: string | undefined;
  faults: Fault[];
  /** Milliseconds; undefined: until it is healed. */
  lasts: number | undefined;
}

/** Faults as they follow from the steps so far, and what is free of them. */
export class FaultWindows {
  readonly windows: FaultWindow[] = [];
  readonly #heals: readonly ScheduledHeal[];
  readonly #byTarget = new Map<string, FaultWindow[]>();

  /** @param heals in any order */
  constructor(heals: readonly ScheduledHeal[]) {
    this.#heals = [...heals].sort((one, other) => one.at - other.at || one.step - other.step);
  }

  add({ at, step, name, faults, lasts }: NewFaultWindow): void {
    const momentary = faults.every(({ kind }) => kind === 'restart');
    const own = momentary ? at : lasts === undefined ? undefined : at + lasts;
    const heal = momentary ? undefined : this.#healOf(at, step, name, own);
    const end = heal?.at ?? own;
    const span: FaultWindow = {
      at,
      step,
      faults,
      momentary,
      ...(name === undefined ? {} : { name }),
      ...(end === undefined ? {} : { end }),
      ...(heal === undefined ? {} : { healedBy: heal.step, healedAt: heal.at }),
    };
    this.windows.push(span);
    for (const thing of exclusiveTargets(faults)) {
      const held = this.#byTarget.get(thing);
      if (held === undefined) this.#byTarget.set(thing, [span]);
      else held.push(span);
    }
  }

  /** Whether nothing is done to what these faults are about while they would last. */
  isAvailable(faults: readonly Fault[], from: number, to: number): boolean {
    return exclusiveTargets(faults).every((thing) =>
      (this.#byTarget.get(thing) ?? []).every(({ at, end = Number.POSITIVE_INFINITY }) => end < from || at > to),
    );
  }

  #healOf(
    at: number,
    step: number,
    name: string | undefined,
    own = Number.POSITIVE_INFINITY,
  ): ScheduledHeal | undefined {
    return this.#heals.find(
      (heal) =>
        (heal.at > at || (heal.at === at && heal.step > step)) &&
        heal.at < own &&
        (heal.names === undefined || (name !== undefined && heal.names.includes(name))),
    );
  }
}

/** Healing gives back what there was before, so of two faults that overlap on one thing the first would come back to stay. */
export function findConflicts(spans: readonly FaultWindow[]): FaultConflict[] {
  const last = new Map<string, FaultWindow>();
  const conflicts: FaultConflict[] = [];
  for (const span of [...spans].sort((one, other) => one.at - other.at || one.step - other.step)) {
    for (const thing of exclusiveTargets(span.faults)) {
      const earlier = last.get(thing);
      if (earlier !== undefined && (earlier.end ?? Number.POSITIVE_INFINITY) > span.at) {
        const until = earlier.end === undefined ? 'the end' : formatScheduleTime(earlier.end);
        const message = `at ${formatScheduleTime(span.at)}, ${thing} is under another fault from ${formatScheduleTime(earlier.at)} to ${until}`;
        conflicts.push({ step: span.step, message });
      }
      if (earlier === undefined || endOf(earlier) < endOf(span)) last.set(thing, span);
    }
  }
  return conflicts;
}

function endOf({ end = Number.POSITIVE_INFINITY }: FaultWindow): number {
  return end;
}

/** What only one fault at a time can be done to: cuts and messages add up, other things do not. */
function exclusiveTargets(faults: readonly Fault[]): string[] {
  return faults.flatMap((fault) => {
    switch (fault.kind) {
      case 'kill':
      case 'stop':
      case 'pause':
      case 'restart':
        return [fault.node];
      case 'squeeze':
        return [`the limit of ${fault.node}`];
      case 'link': {
        const { from, to, oneway } = fault;
        return [`${from} -> ${to}`, ...(oneway ? [] : [`${to} -> ${from}`])];
      }
      default:
        return [];
    }
  });
}
