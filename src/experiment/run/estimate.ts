import type { RuntimeName } from '../../network/capabilities.ts';
import { isLinkFault } from '../../network/fault.ts';
import { graphOf, hopsFrom, type Topology } from '../../topology/index.ts';
import { selectDirectionsToMeasure } from '../metrics/link-measurements.ts';
import { mean, sum } from '../metrics/statistics.ts';
import type { Experiment, Run, WorkloadOptions } from '../plan/experiment.ts';
import { groupRunsByNodes, needsFreshNodesAfter } from '../plan/matrix.ts';
import { INEXACT_QUIET_PERIOD_MS, QUIET_PERIOD_MS } from './workload.ts';

/** Times of a runtime in seconds, measured on two cores with nothing else to do, in containers with Docker 20.10. */
interface RuntimeTimes {
  start: number;
  startOfNode: number;
  startOfLink: number;
  removal: number;
  removalOfNode: number;
  /** Starting the agent that sets link conditions and cuts links. */
  agent: number;
  /** Changing the links of nodes that run. */
  relink: number;
  /** Following the log, reading counters, and waiting for duplicates, in each run. */
  workload: number;
  /** Sending a message and collecting its receipts, in addition to the delays of its links. */
  message: number;
  /** A node that passes a message on. */
  hop: number;
  linkMeasurement: number;
  /** Injecting and healing the faults of a run. */
  faults: number;
}

const CONTAINER_TIMES: RuntimeTimes = {
  start: 0.4,
  startOfNode: 0.175,
  startOfLink: 0.002,
  removal: 0.3,
  removalOfNode: 0.065,
  agent: 0.9,
  relink: 0.7,
  workload: 0.25,
  message: 0.01,
  hop: 0.0015,
  linkMeasurement: 1.8,
  faults: 0.4,
};

const TIMES: Record<RuntimeName, RuntimeTimes> = {
  containers: CONTAINER_TIMES,
  // Besides, Swarm starts an agent on each host, and a container's place on an overlay network is asked of the manager.
  swarm: { ...CONTAINER_TIMES, start: 3, startOfNode: 0.3 },
  namespaces: {
    start: 0.2,
    startOfNode: 0.045,
    startOfLink: 0.001,
    removal: 0.05,
    removalOfNode: 0,
    agent: 0.1,
    relink: 0.2,
    workload: 0.15,
    message: 0.005,
    hop: 0.001,
    linkMeasurement: 1.2,
    faults: 0.1,
  },
  process: {
    start: 0.05,
    startOfNode: 0.002,
    startOfLink: 0.0003,
    removal: 0.01,
    removalOfNode: 0,
    agent: 0,
    relink: 0.05,
    workload: 0.3,
    message: 0.004,
    hop: 0.0005,
    linkMeasurement: 0,
    faults: 0.05,
  },
};

/** Starting the command, and writing the report with its intervals and pictures. */
const REPORT_SECONDS = 2;

/** Estimates how many seconds an experiment takes on a runtime; 0 where nothing is started. */
export function estimateSeconds({ runs, load, probe }: Experiment, runtime: RuntimeName): number {
  if (load === undefined) return 0;
  const times = TIMES[runtime];
  const measured = new Set<string>();
  const spreads = new SpreadEstimates(times);
  const seconds = groupRunsByNodes(runs).flatMap((group) =>
    group.map((run, index) => {
      const previous = group[index - 1];
      const isFresh = previous === undefined || needsFreshNodesAfter(previous);
      const isMeasured = selectDirectionsToMeasure(run.topology, probe, measured).length > 0;
      return (
        (isFresh ? startSeconds(run, times) : times.relink) +
        times.workload +
        (isMeasured ? times.linkMeasurement : 0) +
        (run.faults ? times.faults : 0) +
        loadSeconds(run, load, spreads)
      );
    }),
  );
  return sum(seconds) + REPORT_SECONDS;
}

/** Starting the nodes of a run, and removing them in the end. */
function startSeconds({ topology, faults = [] }: Run, times: RuntimeTimes): number {
  const { nodes, links, conditions } = topology;
  const cutsLinks = faults.some((step) => step.do === 'inject' && step.faults.some(isLinkFault));
  return (
    times.start +
    times.removal +
    nodes.length * (times.startOfNode + times.removalOfNode) +
    links.length * times.startOfLink +
    (conditions.length > 0 || cutsLinks ? times.agent : 0)
  );
}

/** From the first message until the last one has spread as far as it can. */
function loadSeconds(run: Run, load: WorkloadOptions, spreads: SpreadEstimates): number {
  const { warmup, messages, every } = load;
  const spread = run.origins.map((origin) => spreads.of(run.topology, origin));
  const warmupSeconds = sum(spread.slice(0, warmup));
  const measured = spread.slice(warmup);
  if (every === undefined) {
    const isDropped = kindsOf(run).has('messages');
    return warmupSeconds + sum(measured.map((seconds) => (isDropped ? load.within / 1_000 : seconds)));
  }
  const ends = measured.map((seconds, index) => {
    const sentAtMs = index * every;
    return Math.max(sentAtMs / 1_000 + seconds, undeliveredUntilMs(run, sentAtMs, load.within) / 1_000);
  });
  const settling = kindsOf(run).size === 0 ? 0 : INEXACT_QUIET_PERIOD_MS / 1_000;
  return warmupSeconds + Math.max(messages === 0 ? 0 : ((messages - 1) * every) / 1_000, ...ends) + settling;
}

const kindsOf = ({ faults = [] }: Run): Set<string> =>
  new Set(faults.flatMap((step) => (step.do === 'inject' ? step.faults.map(({ kind }) => kind) : [])));

/** From the end of a fault until what it held up has arrived. */
const RECOVERY_MS = 3_000;

/** Returns when a message that a fault may keep from arriving is no longer waited for; 0 for one that no fault meets. */
function undeliveredUntilMs({ faults = [] }: Run, sentAtMs: number, withinMs: number): number {
  const ends = faults.flatMap((step) => {
    if (step.do !== 'inject' || step.at > sentAtMs) return [];
    const endMs = step.until === undefined ? Number.POSITIVE_INFINITY : step.until + RECOVERY_MS;
    return endMs <= sentAtMs ? [] : [Math.min(sentAtMs + withinMs, endMs)];
  });
  return Math.max(0, ...ends);
}

/** Estimates how long messages take to spread, with what is waited until it is certain that they spread no further. */
class SpreadEstimates {
  readonly #times: RuntimeTimes;
  readonly #known = new Map<Topology, Map<string, number>>();

  constructor(times: RuntimeTimes) {
    this.#times = times;
  }

  of(topology: Topology, origin: string): number {
    const known = this.#known.get(topology) ?? new Map<string, number>();
    this.#known.set(topology, known);
    const seconds = known.get(origin) ?? this.#estimate(topology, origin);
    known.set(origin, seconds);
    return seconds;
  }

  #estimate(topology: Topology, origin: string): number {
    const { nodes, links, conditions } = topology;
    const hops = Math.max(...hopsFrom(graphOf(topology), origin).values());
    const delays = conditions.map(({ delay = 0 }) => delay / 1_000);
    const delay = delays.length === 0 ? 0 : mean(delays);
    const gossip = nodes[0]?.env.DEVNET_GOSSIP ?? 'flood';
    // A message is announced, requested and sent.
    const crossings = gossip === 'announce' ? 3 * hops : hops;
    const copies = Number(/^fanout:(\d+)$/.exec(gossip)?.[1] ?? Number.POSITIVE_INFINITY);
    return (
      this.#times.message +
      crossings * (delay + this.#times.hop) +
      missProbability(copies, nodes.length, links.length / nodes.length) * (QUIET_PERIOD_MS / 1_000)
    );
  }
}

/**
 * Returns the probability that a message misses some node if each node forwards it to `copies` others drawn at random (Erdős
 * and Rényi 1959).
 */
function missProbability(copies: number, nodes: number, degree: number): number {
  return copies >= degree ? 0 : 1 - Math.exp(-nodes * Math.exp(-copies));
}
