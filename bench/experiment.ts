/**
 * Overhead of the runs of an experiment: the time of a run without the time that its messages travel, and where it goes.
 *
 *   npm run bench:experiment -- [file] [runtimes, with commas] [first runs]
 *
 * The file is devnet/experiments/rewiring.yaml by default, of 18 runs over 20 nodes. A message travels until its last receipt,
 * by the nodes' own clocks; those of the warm-up are taken to be as quick as the others. The first run of an experiment starts
 * the nodes and measures links, so it is shown by itself; the others are shown by their medians and by the run with the
 * least overhead.
 */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseExperiment, runExperiment } from '../src/experiment/index.ts';
import type { MessageSample, Sample } from '../src/experiment/metrics/samples.ts';
import { median } from '../src/experiment/metrics/statistics.ts';
import type { RuntimeName } from '../src/network/capabilities.ts';
import type { RunningNetwork } from '../src/network/running-network.ts';
import type { Runtime } from '../src/network/runtime.ts';
import { connectRuntime } from '../src/runtimes/connect-runtime.ts';

const file = process.argv[2] ?? 'devnet/experiments/rewiring.yaml';
const runtimes = (process.argv[3] ?? 'namespaces,containers').split(',') as RuntimeName[];
const firstRuns = Number(process.argv[4] ?? Number.POSITIVE_INFINITY);
const TIMEOUT_MS = 30_000;

const PHASES = ['links', 'measuring links', 'log', 'warm-up', 'messages', 'between', 'end', 'overhead'] as const;
type Phase = (typeof PHASES)[number];
/** Milliseconds of each phase. `between`: from the last receipt of a message until the next one is sent. */
type Timing = Record<Phase, number>;

/** Moments of a run in progress, milliseconds since the epoch. */
interface Moments {
  started: number;
  linked: number;
  measured: number;
  followed: number;
  ended: number;
}

/** Wraps a network so that moments are written down. */
function observeNetwork(network: RunningNetwork, moments: Partial<Moments>): RunningNetwork {
  const note = (what: keyof Moments) => {
    moments[what] ??= Date.now();
  };
  return new Proxy(network, {
    get(target, property) {
      const value = Reflect.get(target, property, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (property === 'measureLinks' || property === 'clockOffset') note('linked');
        if (property === 'clockOffset') note('measured');
        const result = (value as (...all: unknown[]) => unknown).apply(target, args);
        if (property === 'readLog') void Promise.resolve(result).then(() => note('followed'));
        return result;
      };
    },
    set: (target, property, value) => Reflect.set(target, property, value, target),
  });
}

/** Returns the milliseconds from a message's sending until its last receipt. */
const travelMs = ({ receipts }: MessageSample): number => receipts.at(-1)?.at ?? 0;

function timingOf(moments: Moments, messages: readonly MessageSample[], warmup: number): Timing {
  const sent = messages.map((message) => Date.parse(message.sent));
  const travel = messages.map(travelMs);
  const received = messages.map((_, index) => (sent[index] as number) + (travel[index] as number));
  const [first, last] = [sent[0] ?? moments.ended, Math.max(moments.followed, ...received)];
  const travelled = travel.reduce((total, one) => total + one, 0);
  const between = last - first - travelled;
  const total = moments.ended - moments.started;
  const warmupTravel = (warmup * travelled) / Math.max(1, messages.length);
  return {
    links: moments.linked - moments.started,
    'measuring links': moments.measured - moments.linked,
    log: moments.followed - moments.measured,
    'warm-up': first - moments.followed - warmupTravel,
    messages: travelled + warmupTravel,
    between,
    end: moments.ended - last,
    overhead: total - travelled - warmupTravel,
  };
}

async function bench(runtime: Runtime): Promise<void> {
  const parsed = parseExperiment(readFileSync(file, 'utf8'), { file, name: `bench-${process.pid}` });
  const experiment = { ...parsed, name: `bench-${process.pid}`, runs: parsed.runs.slice(0, firstRuns) };
  const moments: Partial<Moments> = {};
  let samples: MessageSample[] = [];
  const timings: Timing[] = [];
  const startedAt = Date.now();
  await runExperiment(
    {
      ...runtime,
      start: async (topology, options) => {
        const started = await runtime.start(topology, options);
        return { ...started, network: observeNetwork(started.network, moments) };
      },
    },
    experiment,
    {
      completedRuns: new Set(),
      writeSamples: async (all: readonly Sample[]) => {
        samples = all.filter((sample): sample is MessageSample => sample.kind === 'message');
      },
      onEvent: (event) => {
        if (event.what === 'started') {
          for (const key of Object.keys(moments)) delete moments[key as keyof Moments];
          moments.started = Date.now();
        } else if (event.what === 'failed') throw event.error;
        else if (event.what === 'done') {
          moments.ended = Date.now();
          timings.push(timingOf(moments as Moments, samples, parsed.load?.warmup ?? 0));
        }
      },
      signal: new AbortController().signal,
      timeoutMs: TIMEOUT_MS,
      keepNetwork: false,
    },
  );
  const seconds = (Date.now() - startedAt) / 1_000;
  const columns = PHASES.map((phase) => phase.padStart(16)).join('');
  console.log(`${runtime.name} (${runtime.version}): ${timings.length} runs in ${seconds.toFixed(1)} s`);
  console.log(`${''.padEnd(12)}${columns}`);
  const show = (label: string, timing: (phase: Phase) => number) =>
    console.log(`${label.padEnd(12)}${PHASES.map((phase) => `${timing(phase).toFixed(0)} ms`.padStart(16)).join('')}`);
  show('first run', (phase) => (timings[0] as Timing)[phase]);
  const others = timings.slice(1);
  if (others.length === 0) return;
  show('others', (phase) => median(others.map((timing) => timing[phase])));
  // On a machine that does other things as well, the run that they disturbed least.
  const quickest = others.reduce((best, timing) => (timing.overhead < best.overhead ? timing : best));
  show('quickest', (phase) => quickest[phase]);
}

console.log(`${file}, load of this machine ${(loadavg()[0] as number).toFixed(1)}`);
for (const name of runtimes) await bench(await connectRuntime(name));
process.exit(0);
