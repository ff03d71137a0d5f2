import { isMomentary } from '../../network/fault.ts';
import { describeFaults } from '../../network/faults/describe-fault.ts';
import { runScenario, type ScenarioNetwork } from '../../scenario/index.ts';
import type { FaultPeriod } from '../metrics/samples.ts';
import type { TimedFault } from '../plan/experiment.ts';

/** The faults of a run in progress. */
export interface FaultTimeline {
  /** Milliseconds since the epoch, from which the times of fault periods count. */
  startedAtMs: number;
  /** Aborts, with the reason, when a fault could not be injected or healed. */
  failed: AbortSignal;
  /**
   * Heals what is still in force; later steps do not take place.
   * @returns the faults that were in force, earliest first
   * @throws the reason of {@link failed}; DevnetError when something could not be healed
   */
  stop(): Promise<FaultPeriod[]>;
}

/** A scenario ends with its last step and then heals what is in force, so the last step has to be later than any run. */
const MAX_RUN_DURATION_MS = 7 * 24 * 3_600_000;

/**
 * Starts the faults of a run with the scenario runner. When it returns, the faults of time 0 are in force and time starts:
 * injecting takes a while, and messages sent meanwhile would not be affected.
 * @param signal heals all faults when it aborts
 * @throws DevnetError what preparing or injecting the first faults fails with
 */
export async function startFaultTimeline(
  steps: readonly TimedFault[],
  network: ScenarioNetwork,
  signal: AbortSignal,
): Promise<FaultTimeline> {
  const stopping = new AbortController();
  const failing = new AbortController();
  if (steps.length === 0) return { startedAtMs: Date.now(), failed: failing.signal, stop: async () => [] };
  const periods: FaultPeriod[] = [];
  const stopped = new Error('the run is over');
  const initial = new Set(steps.flatMap((step) => (step.do === 'inject' && step.at === 0 ? [step.name] : [])));
  /** Time that injecting the initial faults took. */
  let initialMs = 0;
  let start: (atMs: number) => void = () => {};
  const started = new Promise<number>((resolve) => {
    start = resolve;
  });
  const last: TimedFault = { at: MAX_RUN_DURATION_MS, do: 'heal', names: [] };
  const running = runScenario([...steps, last], network, {
    signal: AbortSignal.any([signal, stopping.signal]),
    readLog: false,
    onStart: () => {
      if (initial.size === 0) start(Date.now());
    },
    onEvent: (event) => {
      if (event.what === 'injected') {
        const { name, at, faults } = event;
        periods.push({ name, what: describeFaults(faults), from: at, to: isMomentary(faults) ? at : null });
        if (!initial.delete(name) || initial.size > 0) return;
        initialMs = at;
        start(Date.now());
      } else if (event.what === 'healed' && !event.atEnd) {
        const period = periods.findLast(({ name, to }) => name === event.name && to === null);
        if (period) period.to = event.at;
      }
    },
  });
  const finished = running.then(
    () => {},
    (cause: unknown) => {
      if (cause === stopped) return;
      failing.abort(cause);
      throw cause;
    },
  );
  finished.catch(() => {}); // Thrown by stop.
  const startedAtMs = await Promise.race([
    started,
    finished.then(() => {
      throw stopped;
    }),
  ]);
  const sinceStart = (at: number) => Math.max(0, Math.round(at - initialMs));
  return {
    startedAtMs,
    failed: failing.signal,
    stop: async () => {
      stopping.abort(stopped);
      await finished;
      return periods.map(({ from, to, ...period }) => ({
        ...period,
        from: sinceStart(from),
        to: to === null ? null : sinceStart(to),
      }));
    },
  };
}
