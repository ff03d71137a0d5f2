import { type Fault, type FaultHandle, isMomentary, type PlannedFault } from '../../network/fault.ts';
import { resolveHostFaults } from '../../network/faults/host-fault.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import type { TimedStep } from '../model/scenario.ts';
import type { Clock } from './clock.ts';
import type { ScenarioEventBody } from './scenario-events.ts';

/** Time after twice its duration when a fault on links heals itself, in case this process dies first, milliseconds. */
const HEAL_FALLBACK_MS = 30_000;

/** The active faults of a scenario: injected and healed by the name of their step. */
export class ActiveFaults {
  readonly #network: Pick<RunningNetwork, 'name' | 'nodes' | 'runtime' | 'inject'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #emit: (event: ScenarioEventBody) => void;
  /** By name, in the order in which they were injected. */
  readonly #faults = new Map<string, FaultHandle[]>();
  /** Names of those whose parts are injected and healed all at once. */
  readonly #batched = new Set<string>();

  constructor(
    network: Pick<RunningNetwork, 'name' | 'nodes' | 'runtime' | 'inject'>,
    clock: Pick<Clock, 'now'>,
    emit: (event: ScenarioEventBody) => void,
  ) {
    this.#network = network;
    this.#clock = clock;
    this.#emit = emit;
  }

  async inject({ at, name, faults: planned, until }: Extract<TimedStep, { do: 'inject' }>): Promise<void> {
    const faults = await resolveHostFaults(this.#network, planned);
    const handles: FaultHandle[] = [];
    this.#faults.set(name, handles);
    // Twice the duration, because the schedule pauses while other faults are injected.
    const fallback = until === undefined ? {} : { until: this.#clock.now() + 2 * (until - at) + HEAL_FALLBACK_MS };
    const inject = (fault: Fault) => this.#network.inject(fault, { name, ...fallback });
    if (planned.every(isBatched)) this.#batched.add(name);
    else this.#batched.delete(name);
    if (this.#batched.has(name)) await awaitAll(faults.map(inject), (handle) => handles.push(handle));
    else for (const fault of faults) handles.push(await inject(fault));
    const warnings = [...new Set(handles.flatMap(({ warning }) => warning ?? []))];
    this.#emit({ what: 'injected', name, faults, ...(warnings.length > 0 ? { warnings } : {}) });
    if (isMomentary(faults)) this.#faults.delete(name);
  }

  async heal(name: string, atEnd: boolean): Promise<void> {
    const handles = this.#faults.get(name) ?? [];
    const heal = (handle: FaultHandle) => handle.heal().then(() => handle);
    if (this.#batched.has(name))
      await awaitAll(handles.map(heal), (handle) => handles.splice(handles.indexOf(handle), 1));
    // One by one, so that the end of the scenario retries what could not be healed.
    for (let last = handles.at(-1); last !== undefined; last = handles.at(-1)) {
      await last.heal();
      handles.pop();
    }
    this.#faults.delete(name);
    this.#emit({ what: 'healed', name, atEnd });
  }

  /**
   * Heals all remaining faults, the latest first, even if one of them cannot be healed.
   * @param failure what the run failed with
   * @throws `failure`; DevnetError when faults could not be healed, with the code of `failure` if there is one
   */
  async healAll(failure: unknown): Promise<void> {
    const failures: { name: string; cause: unknown }[] = [];
    for (const [name, handles] of [...this.#faults].reverse()) {
      if (handles.length === 0) continue; // Injecting it failed.
      try {
        await this.heal(name, true);
      } catch (cause) {
        failures.push({ name, cause });
      }
    }
    const [first] = failures;
    if (first === undefined && failure === undefined) return;
    if (first === undefined) throw failure;
    const names = failures.map(({ name }) => name).join(', ');
    const prefix = failure === undefined ? '' : `${describeError(failure)}\n  and `;
    const cause = failure ?? first.cause;
    throw new DevnetError(
      cause instanceof DevnetError ? cause.code : 'engine_failed',
      `${prefix}these faults could not be healed: ${names}: ${describeError(first.cause)}`,
      { hint: 'devnet heal, once the engine answers; or devnet down to remove the network', cause },
    );
  }
}

/**
 * Faults that are requested all at once: on links, because the link agent makes one change of them, even on a hundred links; on a
 * host, because all of its nodes are hit at one time.
 */
function isBatched({ kind }: PlannedFault): boolean {
  return kind === 'messages' || kind === 'link' || kind === 'host';
}

/** Waits for all, and only then throws what the first of those that failed threw. */
async function awaitAll<T>(promises: readonly Promise<T>[], onDone: (value: T) => void): Promise<void> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'fulfilled') onDone(result.value);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
