import { measureLinks } from '../../controller/inspect/measure-links.ts';
import { down } from '../../controller/lifecycle/down.ts';
import { type UpStep, up } from '../../controller/lifecycle/up.ts';
import { tailLogs } from '../../controller/logs/log-tail.ts';
import { type NetworkState, observe } from '../../controller/state/network-state.ts';
import type { Engine } from '../../engine/engine.ts';
import type { LinkMeasurement } from '../../network/link-measurement.ts';
import { attachContainerNetwork } from '../../runtimes/containers/container-network.ts';
import { DevnetError, type ErrorCode } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import { selectDirectionsToMeasure } from '../metrics/link-measurements.ts';
import { sampleGraph } from '../metrics/metrics.ts';
import type { MessageSample, RunSample, Sample } from '../metrics/samples.ts';
import type { Experiment, Run, WorkloadOptions } from '../plan/experiment.ts';
import { groupRunsByNodes, needsFreshNodesAfter } from '../plan/matrix.ts';
import { countCutLinks } from '../results/failure-causes.ts';
import { type CounterTracker, withCounterTracking } from './counter-tracker.ts';
import { startFaultTimeline } from './fault-timeline.ts';
import { ReceiptLog } from './receipt-log.ts';
import { runWorkload, type WorkloadResult, type WorkloadTarget } from './workload.ts';

/** What happens while an experiment is carried out. */
export type RunnerEvent =
  /** Nodes are made, or changed, for the next runs. */
  | { what: 'network'; nodes: number; runs: number }
  | { what: 'up'; step: UpStep }
  | { what: 'started'; run: Run }
  /** So many of the messages that count have been told. */
  | { what: 'told'; run: Run; done: number; of: number }
  | { what: 'done'; run: Run; samples: readonly MessageSample[]; durationSeconds: number }
  | { what: 'failed'; run: Run; error: Error };

export interface RunnerOptions {
  /** Keys of the runs that need not be done again. */
  completedRuns: ReadonlySet<string>;
  /** Takes the samples of one run at once, when it is over. */
  writeSamples: (samples: readonly Sample[]) => Promise<void>;
  onEvent: (happening: RunnerEvent) => void;
  signal: AbortSignal;
  /** Milliseconds for nodes to listen and links to stand. */
  timeoutMs: number;
  /** Leaves the devnet up at the end. */
  keepNetwork: boolean;
}

/** After these no other run can do better. */
const UNRECOVERABLE_CODES: readonly ErrorCode[] = [
  'engine_gone',
  'engine_missing',
  'engine_denied',
  'image_failed',
  'disk_full',
];

/**
 * Carries out the runs that are not done yet. Those on the same nodes share a devnet, of which only links and conditions
 * change from one to the next. A run that fails is written down as failed, and does not keep the others from theirs.
 * @throws the signal's reason; DevnetError of the codes that leave no hope for any run
 */
export async function runExperiment(engine: Engine, experiment: Experiment, options: RunnerOptions): Promise<void> {
  const { load } = experiment;
  if (load === undefined) throw new TypeError('an experiment without a load needs no engine');
  const groups = groupRunsByNodes(experiment.runs.filter(({ key }) => !options.completedRuns.has(key)));
  // A node that draws by what it draws for makes the same choices when all is done again.
  const prefixOf = (run: Run) => `run${experiment.runs.indexOf(run) + 1}`;
  // What somebody who was killed left behind remembers the ids that it has had.
  await removeNetwork(engine, experiment.name);
  try {
    for (const runs of groups) {
      options.onEvent({ what: 'network', nodes: runs[0]!.topology.nodes.length, runs: runs.length });
      await runGroup(engine, experiment, runs, load, prefixOf, options);
    }
  } finally {
    if (!options.keepNetwork) await removeNetwork(engine, experiment.name);
  }
}

async function removeNetwork(engine: Engine, experiment: string): Promise<void> {
  const left = await observe(engine, experimentNetworkName(experiment));
  if (left) await down(engine, left);
}

/** An experiment's devnet has a name that no topology file comes to by accident. */
export const experimentNetworkName = (experiment: string): string => `experiment-${experiment}`;

async function runGroup(
  engine: Engine,
  { name, probe }: Experiment,
  runs: readonly Run[],
  load: WorkloadOptions,
  prefixOf: (run: Run) => string,
  options: RunnerOptions,
): Promise<void> {
  let log: LogFollower | undefined;
  const measured = new Set<Topology>();
  try {
    for (const run of runs) {
      options.signal.throwIfAborted();
      options.onEvent({ what: 'started', run });
      const began = performance.now();
      try {
        const topology: Topology = { ...run.topology, name: experimentNetworkName(run.topology.name) };
        const { devnet } = await up(engine, topology, {
          timeout: options.timeoutMs,
          signal: options.signal,
          progress: (step) => options.onEvent({ what: 'up', step }),
        });
        const conditions = measured.has(run.topology)
          ? []
          : await measureSomeLinks(engine, devnet, probe, options.signal);
        measured.add(run.topology);
        log ??= followLog(engine, devnet);
        const network = await attachContainerNetwork(engine, topology.name);
        const faults = (counting: CounterTracker) =>
          startFaultTimeline(run.faults ?? [], withCounterTracking(network, counting), options.signal);
        const told = (done: number) => options.onEvent({ what: 'told', run, done, of: load.messages });
        const stage: WorkloadTarget = {
          network: devnet,
          dialer: network.dialer,
          receipts: log.receipts,
          startFaults: faults,
          onMessageSent: told,
        };
        const spreading = runWorkload(stage, run, load, prefixOf(run), options.signal);
        const result = await spreading.finally(() => network.close());
        const { samples } = result;
        const took = (performance.now() - began) / 1_000;
        await options.writeSamples([...samples, createRunSample(run, result, took, conditions)]);
        options.onEvent({ what: 'done', run, samples, durationSeconds: took });
      } catch (cause) {
        options.signal.throwIfAborted();
        // Whatever it was, the next run has nodes and a log that it can rely on.
        await log?.stop();
        log = undefined;
        const why = cause instanceof Error ? cause : new Error(String(cause));
        await options.writeSamples([{ kind: 'failed', run: run.key, why: why.message }]);
        options.onEvent({ what: 'failed', run, error: why });
        if (why instanceof DevnetError && UNRECOVERABLE_CODES.includes(why.code)) throw why;
      }
      if (needsFreshNodesAfter(run) && run !== runs.at(-1)) {
        await log?.stop();
        log = undefined;
        await removeNetwork(engine, name);
      }
    }
  } finally {
    await log?.stop();
  }
}

/** Few enough to take no longer than a run does. */
const LINK_MEASUREMENT_LIMITS = { pings: 10, datagrams: 300, milliseconds: 500 };

/** Measures some ways of the links of which anything is asked; none where nothing is. */
async function measureSomeLinks(
  engine: Engine,
  devnet: NetworkState,
  most: number,
  signal: AbortSignal,
): Promise<LinkMeasurement[]> {
  const ways = selectDirectionsToMeasure(devnet.topology!, most);
  return ways.length === 0
    ? []
    : measureLinks(engine, devnet, { ...LINK_MEASUREMENT_LIMITS, directions: ways, signal });
}

interface LogFollower {
  receipts: ReceiptLog;
  stop(): Promise<void>;
}

function followLog(engine: Engine, devnet: NetworkState): LogFollower {
  const over = new AbortController();
  const receipts = new ReceiptLog();
  const since = Math.floor(Date.now() / 1_000);
  const following = receipts.follow(tailLogs(engine, devnet, { follow: true, since, signal: over.signal }));
  return {
    receipts,
    stop: async () => {
      over.abort();
      await following;
    },
  };
}

/** The line that closes a run; without a result, of one in which nothing was sent. */
export function createRunSample(
  run: Run,
  result: WorkloadResult | undefined,
  took: number,
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
      ? { faults: result.faults.map((span) => ({ ...span, ...countCutLinks(run, span.name) })) }
      : {}),
    traffic: result?.traffic ?? {},
    ...(conditions.length > 0 ? { conditions } : {}),
    ...(result?.links ? { links: result.links } : {}),
    messages: result?.samples.filter(({ receipts }) => receipts.length > 0).length ?? 0,
    took: Number(took.toFixed(3)),
  };
}
