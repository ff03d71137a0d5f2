import { down } from '../devnet/down.ts';
import { devnetActions } from '../devnet/faults/actions.ts';
import { type LinkMeasurement, measure } from '../devnet/measure.ts';
import { type Observed, observe } from '../devnet/observe.ts';
import { openRoute } from '../devnet/route.ts';
import { tailLogs } from '../devnet/tail.ts';
import { type UpStep, up } from '../devnet/up.ts';
import type { Engine } from '../engine/engine.ts';
import { DevnetError, type ErrorCode } from '../errors.ts';
import { figures, graphOf, minimumCut, type Topology } from '../topology/index.ts';
import { across } from './causes.ts';
import { waysToMeasure } from './conditions.ts';
import { type Counting, withCounts } from './counting.ts';
import { onSameNodes } from './expand.ts';
import type { Experiment, Load, Run } from './experiment.ts';
import { type Spread, type Stage, spread } from './load.ts';
import { Receipts } from './receipts.ts';
import type { GraphSample, MessageSample, RunSample, Sample } from './sample.ts';
import { startTimeline } from './timeline.ts';

/** What happens while an experiment is carried out. */
export type Happening =
  /** Nodes are made, or changed, for the next runs. */
  | { what: 'network'; nodes: number; runs: number }
  | { what: 'up'; step: UpStep }
  | { what: 'started'; run: Run }
  /** So many of the messages that count have been told. */
  | { what: 'told'; run: Run; done: number; of: number }
  | { what: 'done'; run: Run; samples: readonly MessageSample[]; took: number }
  | { what: 'failed'; run: Run; why: Error };

export interface CarryOutOptions {
  /** Keys of the runs that need not be done again. */
  done: ReadonlySet<string>;
  /** Takes the samples of one run at once, when it is over. */
  write: (samples: readonly Sample[]) => Promise<void>;
  progress: (happening: Happening) => void;
  signal: AbortSignal;
  /** Milliseconds for nodes to listen and links to stand. */
  timeout: number;
  /** Leaves the devnet up at the end. */
  keep: boolean;
}

/** After these no other run can do better. */
const FINAL: readonly ErrorCode[] = ['engine_gone', 'engine_missing', 'engine_denied', 'image_failed', 'disk_full'];

/**
 * Carries out the runs that are not done yet. Those on the same nodes share a devnet, of which only links and conditions
 * change from one to the next. A run that fails is written down as failed, and does not keep the others from theirs.
 * @throws the signal's reason; DevnetError of the codes that leave no hope for any run
 */
export async function carryOut(engine: Engine, experiment: Experiment, options: CarryOutOptions): Promise<void> {
  const { load } = experiment;
  if (load === undefined) throw new TypeError('an experiment without a load needs no engine');
  const groups = onSameNodes(experiment.runs.filter(({ key }) => !options.done.has(key)));
  // A node that draws by what it draws for makes the same choices when all is done again.
  const prefixOf = (run: Run) => `run${experiment.runs.indexOf(run) + 1}`;
  // What somebody who was killed left behind remembers the ids that it has had.
  await remove(engine, experiment.name);
  try {
    for (const runs of groups) {
      options.progress({ what: 'network', nodes: runs[0]!.topology.nodes.length, runs: runs.length });
      await runAll(engine, experiment, runs, load, prefixOf, options);
    }
  } finally {
    if (!options.keep) await remove(engine, experiment.name);
  }
}

async function remove(engine: Engine, experiment: string): Promise<void> {
  const left = await observe(engine, devnetOf(experiment));
  if (left) await down(engine, left);
}

/** An experiment's devnet has a name that no topology file comes to by accident. */
export const devnetOf = (experiment: string): string => `experiment-${experiment}`;

async function runAll(
  engine: Engine,
  { name, probe }: Experiment,
  runs: readonly Run[],
  load: Load,
  prefixOf: (run: Run) => string,
  options: CarryOutOptions,
): Promise<void> {
  let log: FollowedLog | undefined;
  const measured = new Set<Topology>();
  try {
    for (const run of runs) {
      options.signal.throwIfAborted();
      options.progress({ what: 'started', run });
      const began = performance.now();
      try {
        const topology: Topology = { ...run.topology, name: devnetOf(run.topology.name) };
        const { devnet } = await up(engine, topology, {
          timeout: options.timeout,
          signal: options.signal,
          progress: (step) => options.progress({ what: 'up', step }),
        });
        const conditions = measured.has(run.topology) ? [] : await measureSome(engine, devnet, probe, options.signal);
        measured.add(run.topology);
        log ??= followLog(engine, devnet);
        const route = await openRoute(engine, devnet.network!, devnet.relayId);
        const actions = devnetActions(engine, devnet);
        const faults = (counting: Counting) =>
          startTimeline(run.faults ?? [], withCounts(actions, counting), options.signal);
        const told = (done: number) => options.progress({ what: 'told', run, done, of: load.messages });
        const stage: Stage = { devnet, route, receipts: log.receipts, faults, told };
        const spreading = spread(stage, run, load, prefixOf(run), options.signal);
        const result = await spreading.finally(() => route.close());
        const { samples } = result;
        const took = (performance.now() - began) / 1_000;
        await options.write([...samples, endOf(run, result, took, conditions)]);
        options.progress({ what: 'done', run, samples, took });
      } catch (cause) {
        options.signal.throwIfAborted();
        // Whatever it was, the next run has nodes and a log that it can rely on.
        await log?.end();
        log = undefined;
        const why = cause instanceof Error ? cause : new Error(String(cause));
        await options.write([{ kind: 'failed', run: run.key, why: why.message }]);
        options.progress({ what: 'failed', run, why });
        if (why instanceof DevnetError && FINAL.includes(why.code)) throw why;
      }
      if (leavesTraces(run) && run !== runs.at(-1)) {
        await log?.end();
        log = undefined;
        await remove(engine, name);
      }
    }
  } finally {
    await log?.end();
  }
}

/** Few enough to take no longer than a run does. */
const SOME = { pings: 10, datagrams: 300, milliseconds: 500 };

/** Measures some ways of the links of which anything is asked; none where nothing is. */
async function measureSome(
  engine: Engine,
  devnet: Observed,
  most: number,
  signal: AbortSignal,
): Promise<LinkMeasurement[]> {
  const ways = waysToMeasure(devnet.topology!, most);
  return ways.length === 0 ? [] : measure(engine, devnet, { ...SOME, ways, signal });
}

/**
 * Whether there is something of a run in its nodes after all is healed: what TCP has still to send again, links that wait to
 * be dialed, nodes that have forgotten. The next run has nodes of its own then. Messages that are dropped leave nothing.
 */
export function leavesTraces({ faults = [] }: Run): boolean {
  return faults.some((step) => step.do === 'inject' && step.faults.some(({ kind }) => kind !== 'messages'));
}

interface FollowedLog {
  receipts: Receipts;
  end(): Promise<void>;
}

function followLog(engine: Engine, devnet: Observed): FollowedLog {
  const over = new AbortController();
  const receipts = new Receipts();
  const since = Math.floor(Date.now() / 1_000);
  const following = receipts.follow(tailLogs(engine, devnet, { follow: true, since, signal: over.signal }));
  return {
    receipts,
    end: async () => {
      over.abort();
      await following;
    },
  };
}

/** The line that closes a run; without a result, of one in which nothing was sent. */
export function endOf(
  run: Run,
  result: Spread | undefined,
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
    graph: graphSample(topology),
    ...(result ? { began: result.began } : {}),
    ...(result && faults ? { faults: result.faults.map((span) => ({ ...span, ...across(run, span.name) })) } : {}),
    traffic: result?.traffic ?? {},
    ...(conditions.length > 0 ? { conditions } : {}),
    ...(result?.links ? { links: result.links } : {}),
    messages: result?.samples.filter(({ receipts }) => receipts.length > 0).length ?? 0,
    took: Number(took.toFixed(3)),
  };
}

export function graphSample(topology: Topology): GraphSample {
  const { nodes, links, degree, diameter, averagePath, clustering } = figures(graphOf(topology));
  const cut = minimumCut(graphOf(topology));
  return { nodes, links, degree: degree.neighbours.mean, diameter, path: averagePath, clustering, cut };
}
