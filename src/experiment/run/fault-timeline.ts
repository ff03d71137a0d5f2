import { isMomentary } from '../../network/fault.ts';
import { describeFaults, runScenario, type ScenarioNetwork } from '../../scenario/index.ts';
import type { FaultPeriod } from '../metrics/samples.ts';
import type { TimedFault } from '../plan/experiment.ts';

/** The faults of one run, under way. */
export interface FaultTimeline {
  /** Milliseconds since the epoch: what the times of its spans are counted from. */
  startedAtMs: number;
  /** Aborts when a fault could not be injected or healed, with the reason. */
  failed: AbortSignal;
  /**
   * Takes back what is still in force; steps whose time has not come do not take place.
   * @returns what was in force and when, earliest first
   * @throws what {@link failed} aborted with; DevnetError when something could not be taken back
   */
  stop(): Promise<FaultPeriod[]>;
}

/** Without it, a scenario is over with its last step, and whatever is still in force is healed. Milliseconds. */
const MAX_RUN_DURATION_MS = 7 * 24 * 3_600_000;

/**
 * Begins to do to a network what is to be done to it, by the scenario's own runner. When this returns, what is to be in force
 * from the start is, and time runs: to inject a fault takes a while, and what is sent meanwhile would not be hit by it.
 * @param signal takes everything back
 * @throws what preparing fails with
 */
export async function startFaultTimeline(
  steps: readonly TimedFault[],
  network: ScenarioNetwork,
  signal: AbortSignal,
): Promise<FaultTimeline> {
  const over = new AbortController();
  const failing = new AbortController();
  const spans: FaultPeriod[] = [];
  if (steps.length === 0) return { startedAtMs: Date.now(), failed: failing.signal, stop: async () => spans };
  const enough = new Error('the run is over');
  const first = new Set(steps.flatMap((step) => (step.do === 'inject' && step.at === 0 ? [step.name] : [])));
  /** How long those took, which are counted from the start of the scenario; milliseconds. */
  let before = 0;
  let begin: (now: number) => void = () => {};
  const began = new Promise<number>((resolve) => {
    begin = resolve;
  });
  const last: TimedFault = { at: MAX_RUN_DURATION_MS, do: 'heal', names: [] };
  const running = runScenario([...steps, last], network, {
    signal: AbortSignal.any([signal, over.signal]),
    readLog: false,
    onStart: () => {
      if (first.size === 0) begin(Date.now());
    },
    onEvent: (happening) => {
      if (happening.what === 'injected') {
        const { name, at, faults } = happening;
        const momentary = isMomentary(faults);
        spans.push({ name, what: describeFaults(faults), from: at, to: momentary ? at : null });
        if (first.delete(name) && first.size === 0) {
          before = at;
          begin(Date.now());
        }
      } else if (happening.what === 'healed' && !happening.atEnd) {
        const span = spans.findLast(({ name, to }) => name === happening.name && to === null);
        if (span) span.to = happening.at;
      }
    },
  });
  const ended = running.then(
    () => undefined,
    (cause: unknown) => {
      if (cause === enough) return undefined;
      failing.abort(cause);
      return { cause };
    },
  );
  const end = async () => {
    over.abort(enough);
    const failure = await ended;
    if (failure) throw failure.cause;
    const since = (at: number) => Math.max(0, Math.round(at - before));
    return spans.map((span) => ({ ...span, from: since(span.from), to: span.to === null ? null : since(span.to) }));
  };
  // What comes first may fail, and then it never begins.
  const start = await Promise.race([began, ended.then((failure) => failure ?? { cause: enough })]);
  if (typeof start === 'object') throw start.cause;
  return { startedAtMs: start, failed: failing.signal, stop: end };
}
