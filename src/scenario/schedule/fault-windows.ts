import { isMomentary, type PlannedFault } from '../../network/fault.ts';
import { formatScheduleTime } from '../model/duration.ts';

/** The time in which the faults of one step are active. */
export interface FaultWindow {
  at: number;
  /** Infinity: to the end of the scenario. */
  end: number;
  /** Index of the step. */
  step: number;
  /** The name that the file gives the step. */
  name: string | undefined;
  faults: PlannedFault[];
  /** The step that heals it before its own time is over. */
  healedBy: ScheduledHeal | undefined;
}

/** A heal at one time; without names, of every fault. */
export interface ScheduledHeal {
  at: number;
  /** Index of the step. */
  step: number;
  names: readonly string[] | undefined;
}

/** A step that injects a fault into a node or link while an earlier one is still active on it. */
export interface FaultConflict {
  /** Index of the later step. */
  step: number;
  message: string;
}

interface NewFaultWindow {
  at: number;
  step: number;
  name: string | undefined;
  faults: PlannedFault[];
  /** Absent: until a step heals it. */
  durationMs: number | undefined;
}

/** The fault windows of a scenario; tells which targets are free of faults at a time. */
export class FaultWindows {
  readonly windows: FaultWindow[] = [];
  readonly #heals: readonly ScheduledHeal[];
  readonly #byTarget = new Map<string, FaultWindow[]>();

  /** @param heals in any order */
  constructor(heals: readonly ScheduledHeal[]) {
    this.#heals = heals.toSorted((one, other) => one.at - other.at || one.step - other.step);
  }

  add({ durationMs = Number.POSITIVE_INFINITY, ...window }: NewFaultWindow): void {
    const momentary = isMomentary(window.faults);
    const ownEnd = momentary ? window.at : window.at + durationMs;
    const healedBy = momentary ? undefined : this.#findHeal(window, ownEnd);
    const added: FaultWindow = { ...window, end: healedBy?.at ?? ownEnd, healedBy };
    this.windows.push(added);
    for (const target of exclusiveTargets(window.faults)) {
      const windows = this.#byTarget.get(target);
      if (windows === undefined) this.#byTarget.set(target, [added]);
      else windows.push(added);
    }
  }

  /** Returns true if no other fault is active on the targets of these faults between two times, both included. */
  isAvailable(faults: readonly PlannedFault[], from: number, to: number): boolean {
    return exclusiveTargets(faults).every((target) =>
      (this.#byTarget.get(target) ?? []).every(({ at, end }) => end < from || at > to),
    );
  }

  #findHeal({ at, step, name }: Omit<NewFaultWindow, 'durationMs'>, ownEnd: number): ScheduledHeal | undefined {
    return this.#heals.find(
      (heal) =>
        (heal.at > at || (heal.at === at && heal.step > step)) &&
        heal.at < ownEnd &&
        (heal.names === undefined || (name !== undefined && heal.names.includes(name))),
    );
  }
}

/** Finds windows that overlap on one target: healing restores the state before a fault, so the first fault would come back. */
export function findConflicts(windows: readonly FaultWindow[]): FaultConflict[] {
  /** By target, the window that ends last of those so far. */
  const latest = new Map<string, FaultWindow>();
  const conflicts: FaultConflict[] = [];
  for (const window of windows.toSorted((one, other) => one.at - other.at || one.step - other.step)) {
    for (const target of exclusiveTargets(window.faults)) {
      const earlier = latest.get(target);
      if (earlier !== undefined && earlier.end > window.at) {
        const until = earlier.end === Number.POSITIVE_INFINITY ? 'the end' : formatScheduleTime(earlier.end);
        const message = `at ${formatScheduleTime(window.at)}, ${target} is under another fault from ${formatScheduleTime(earlier.at)} to ${until}`;
        conflicts.push({ step: window.step, message });
      }
      if (earlier === undefined || earlier.end < window.end) latest.set(target, window);
    }
  }
  return conflicts;
}

/** Returns the targets that only one fault at a time can act on; cuts and message faults add up and have no such target. */
function exclusiveTargets(faults: readonly PlannedFault[]): string[] {
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
      case 'host':
        return fault.action === 'cut' ? [] : [`the host ${fault.host}`];
      default:
        return [];
    }
  });
}
