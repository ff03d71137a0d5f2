import { isDeepStrictEqual } from 'node:util';
import { faultRequirements, type Requirement, topologyRequirements } from '../../network/capabilities.ts';
import type { LinkMeasurement } from '../../network/links/link-measurement.ts';
import { ReceiptCollector } from '../../network/receipt-collector.ts';
import { relink } from '../../network/reconcile/reconcile-links.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import type { Runtime, UpStep } from '../../network/runtime.ts';
import { DevnetError, type ErrorCode } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import { selectDirectionsToMeasure } from '../metrics/link-measurements.ts';
import { sampleGraph } from '../metrics/metrics.ts';
import type { MessageSample, RunSample, Sample } from '../metrics/samples.ts';
import type { Experiment, Run, WorkloadOptions } from '../plan/experiment.ts';
import { groupRunsByNodes, needsFreshNodesAfter } from '../plan/matrix.ts';
import { countCutLinks } from '../results/failure-causes.ts';
import { experimentNetworkName } from './experiment-lock.ts';
import { runWorkload, type WorkloadResult } from './workload.ts';

/** An event of an experiment in progress. */
export type RunnerEvent =
  /** The next runs have nodes of their own. */
  | { what: 'network'; nodes: number; runs: number }
  | { what: 'up'; step: UpStep }
  | { what: 'started'; run: Run }
  /** Sentences about a network that was started: what is not as usual, and why. Those that an earlier one had are left out. */
  | { what: 'notes'; notes: readonly string[] }
  /** `done` of the measured messages were sent. */
  | { what: 'message_sent'; run: Run; done: number; of: number }
  | { what: 'done'; run: Run; samples: readonly MessageSample[]; durationSeconds: number }
  | { what: 'failed'; run: Run; error: Error };

export interface RunnerOptions {
  /** Keys of runs that are not repeated. */
  completedRuns: ReadonlySet<string>;
  /** Writes all samples of one run. */
  writeSamples: (samples: readonly Sample[]) => Promise<void>;
  onEvent: (event: RunnerEvent) => void;
  signal: AbortSignal;
  /** Milliseconds for nodes to listen and for links to stand. */
  timeoutMs: number;
  /** Leaves the last network running. */
  keepNetwork: boolean;
  /** Begins to record a run. @default nothing is recorded: that takes processor time from what is measured */
  startRecording?: (network: RunningNetwork, run: Run) => Promise<{ stop(): Promise<void> } | undefined>;
}

/** Errors after which no other run can succeed. */
const UNRECOVERABLE_CODES: readonly ErrorCode[] = [
  'engine_gone',
  'engine_missing',
  'engine_denied',
  'image_failed',
  'disk_full',
  'file_unwritable',
];

/** Lists what an experiment needs of the runtime that it runs on, each thing once. */
export function experimentRequirements(
  { runs }: Experiment,
  { keepNetwork }: Pick<RunnerOptions, 'keepNetwork'>,
): Requirement[] {
  const topologies = new Set(runs.map(({ topology }) => topology));
  const faults = runs.flatMap((run) => (run.faults ?? []).flatMap((step) => (step.do === 'inject' ? step.faults : [])));
  const requirements = [
    ...[...topologies].flatMap(topologyRequirements),
    ...faultRequirements(faults),
    ...(keepNetwork ? [{ capability: 'keep', feature: '--keep' } as const] : []),
  ];
  const byFeature = new Map(requirements.map((requirement) => [requirement.feature, requirement]));
  return [...byFeature.values()];
}

/**
 * Runs an experiment, without the runs that are completed. A run that fails is recorded as failed, and the others go on.
 * @throws UnsupportedError; DevnetError after which no other run can succeed; the signal's reason
 */
export async function runExperiment(runtime: Runtime, experiment: Experiment, options: RunnerOptions): Promise<void> {
  await runtime.assertSupports(experimentRequirements(experiment, options));
  const name = experimentNetworkName(experiment.name);
  const groups = groupRunsByNodes(experiment.runs.filter(({ key }) => !options.completedRuns.has(key)));
  const runner = new ExperimentRunner(runtime, experiment, options);
  const last = groups.at(-1)?.at(-1);
  // Nodes left by a process that was killed remember the ids of messages that they had.
  await removeNetworks(runtime, name);
  try {
    for (const runs of groups) {
      options.onEvent({ what: 'network', nodes: runs[0]!.topology.nodes.length, runs: runs.length });
      for (const run of runs) {
        const isLast = run === last;
        const next = isLast && options.keepNetwork ? 'keep' : isLast || !needsFreshNodesAfter(run) ? 'reuse' : 'remove';
        await runner.run(run, next);
      }
    }
  } finally {
    if (!options.keepNetwork) await removeNetworks(runtime, name);
  }
}

/** Removes the network of a name, if there is one, whoever left it. */
async function removeNetworks(runtime: Runtime, name: string): Promise<void> {
  for (const network of await runtime.find(name)) await network.remove();
}

class ExperimentRunner {
  readonly #runtime: Runtime;
  readonly #experiment: Experiment;
  readonly #load: WorkloadOptions;
  readonly #options: RunnerOptions;
  /** Network of the last run, where the next one may have its nodes. */
  #left: RunningNetwork | undefined;
  /** Kinds of link conditions that were measured. */
  readonly #measuredKinds = new Set<string>();
  readonly #reportedNotes = new Set<string>();

  constructor(runtime: Runtime, experiment: Experiment, options: RunnerOptions) {
    if (experiment.load === undefined) throw new TypeError('runExperiment was called for an experiment without "load"');
    this.#runtime = runtime;
    this.#experiment = experiment;
    this.#load = experiment.load;
    this.#options = options;
  }

  /** @param next what becomes of the network: it is kept, the next run may have its nodes, or it is removed */
  async run(run: Run, next: 'keep' | 'reuse' | 'remove'): Promise<void> {
    const { signal, timeoutMs, onEvent, writeSamples } = this.#options;
    signal.throwIfAborted();
    onEvent({ what: 'started', run });
    const startedAt = performance.now();
    let network: RunningNetwork | undefined;
    try {
      const topology = { ...run.topology, name: experimentNetworkName(this.#experiment.name) };
      const onProgress = (step: UpStep) => onEvent({ what: 'up', step });
      network = await this.#relink(topology);
      if (network === undefined) {
        const started = await this.#runtime.start(topology, { timeoutMs, signal, onProgress });
        network = started.network;
        this.#reportNotes(started.notes ?? []);
      }
      const conditions = await this.#measureLinks(network, run.topology);
      const result = await this.#runWorkload(network, run);
      const seconds = (performance.now() - startedAt) / 1_000;
      await writeSamples([...result.samples, createRunSample(run, result, seconds, conditions)]);
      onEvent({ what: 'done', run, samples: result.samples, durationSeconds: seconds });
    } catch (cause) {
      signal.throwIfAborted();
      const error = cause instanceof Error ? cause : new Error(String(cause));
      await writeSamples([{ kind: 'failed', run: run.key, why: error.message }]);
      onEvent({ what: 'failed', run, error });
      if (error instanceof DevnetError && UNRECOVERABLE_CODES.includes(error.code)) throw error;
    } finally {
      await this.#leave(network, next);
    }
  }

  #reportNotes(all: readonly string[]): void {
    const notes = all.filter((note) => !this.#reportedNotes.has(note));
    for (const note of notes) this.#reportedNotes.add(note);
    if (notes.length > 0) this.#options.onEvent({ what: 'notes', notes });
  }

  async #leave(network: RunningNetwork | undefined, next: 'keep' | 'reuse' | 'remove'): Promise<void> {
    if (network === undefined) return;
    // A relink is one call, where the process that runs the nodes does it.
    const changesAtStart = network.capabilities.has('incremental-start') && network.relink === undefined;
    if (next === 'remove') await network.down();
    else if (next === 'keep' || changesAtStart) {
      if (next === 'keep') await network.keep();
      network.close();
    } else this.#left = network;
  }

  /**
   * Gives the nodes of the last run other links, where the runtime does not do that at a start.
   * @returns undefined when there are none, or they are not the same nodes or do not take the links
   */
  async #relink(topology: Topology): Promise<RunningNetwork | undefined> {
    const { timeoutMs, signal } = this.#options;
    const network = this.#left;
    this.#left = undefined;
    if (network === undefined) return undefined;
    const { nodes, network: settings, shaping } = network.topology;
    const isSame = isDeepStrictEqual([nodes, settings, shaping], [topology.nodes, topology.network, topology.shaping]);
    const { links, conditions } = topology;
    try {
      if (isSame) {
        await relink(network, links, { timeoutMs, signal, conditions });
        return network;
      }
    } catch {
      signal.throwIfAborted();
    }
    await network.down();
    return undefined;
  }

  async #runWorkload(network: RunningNetwork, run: Run): Promise<WorkloadResult> {
    const { signal, onEvent } = this.#options;
    const load = this.#load;
    const finished = new AbortController();
    const receipts = new ReceiptCollector();
    const recording = await this.#options.startRecording?.(network, run);
    try {
      await receipts.follow(network, AbortSignal.any([signal, finished.signal]));
      const onMessageSent = (done: number) => onEvent({ what: 'message_sent', run, done, of: load.messages });
      return await runWorkload({ network, receipts, run, load, signal, onMessageSent });
    } finally {
      finished.abort();
      await recording?.stop();
    }
  }

  /** Measures some links, of each kind of declared conditions once in the experiment: it takes longer than a run. */
  async #measureLinks(network: RunningNetwork, topology: Topology): Promise<LinkMeasurement[]> {
    const measured = new Set(this.#measuredKinds);
    const directions = selectDirectionsToMeasure(topology, this.#experiment.probe, measured);
    if (directions.length === 0) return [];
    const measurements = await network.measureLinks({
      ...LINK_MEASUREMENT_LIMITS,
      directions,
      signal: this.#options.signal,
    });
    for (const kind of measured) this.#measuredKinds.add(kind);
    return measurements;
  }
}

/** Few enough to take no longer than a run. */
const LINK_MEASUREMENT_LIMITS = { pings: 10, datagrams: 300, milliseconds: 500 };

/** Creates the sample that ends a run; without a result, that of a run in which nothing is sent. */
export function createRunSample(
  run: Run,
  result: WorkloadResult | undefined,
  seconds: number,
  conditions: LinkMeasurement[] = [],
): RunSample {
  const { key, cell, parameters, seed, repeat, topology, faults } = run;
  return {
    kind: 'run',
    run: key,
    cell,
    parameters,
    seed,
    repeat,
    graph: sampleGraph(topology),
    ...(result ? { began: result.startedAt } : {}),
    ...(result && faults
      ? { faults: result.faults.map((period) => ({ ...period, ...countCutLinks(run, period.name) })) }
      : {}),
    traffic: result?.traffic ?? {},
    ...(conditions.length > 0 ? { conditions } : {}),
    ...(result?.links ? { links: result.links } : {}),
    messages: result?.samples.filter(({ receipts }) => receipts.length > 0).length ?? 0,
    took: Number(seconds.toFixed(3)),
  };
}
