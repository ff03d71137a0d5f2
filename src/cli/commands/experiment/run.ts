import { dirname, isAbsolute, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { observe } from '../../../controller/state/network-state.ts';
import type { Engine } from '../../../engine/engine.ts';
import {
  assertSupported,
  faultRequirements,
  type RuntimeName,
  topologyRequirements,
} from '../../../network/capabilities.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import {
  type StartContainerNetworkOptions,
  startContainerNetwork,
} from '../../../runtimes/containers/container-network.ts';
import { startProcessNetwork } from '../../../runtimes/process/process-network.ts';
import {
  describeStep,
  parseScenario,
  readTopologyPath,
  runScenario,
  type ScenarioEvent,
  schedule,
  type TimedStep,
} from '../../../scenario/index.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import { assertOutputFileWritable, displayName, readTextFile } from '../../../shared/text-file.ts';
import type { Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { connectEngineOrSuggestProcess } from '../../input/connect-engine.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { dumpArtifacts } from '../../output/dump-artifacts.ts';
import { formatSeconds, paint, writeToStderr } from '../../output/format.ts';
import { namedAddresses } from '../../output/log-format.ts';
import { ScenarioReport } from '../../output/scenario-report.ts';
import { withUpProgress } from '../../output/up-progress.ts';
import { exitLeavingNetwork } from '../exit-leaving-network.ts';

interface Options {
  engine: RuntimeName;
  name?: string;
  /** Seconds. */
  timeout: number;
  junit?: string;
  json?: true;
  plan?: true;
  keep?: true;
}

/** Folder with everything known about the network, once it was written. */
interface Artifacts {
  folder?: string;
}

export async function run(file: string, options: Options): Promise<void> {
  if (options.plan) {
    const { steps } = await loadScenario(file, options.name);
    const lines = options.json ? [JSON.stringify(steps)] : steps.map(formatTimedStep);
    process.stdout.write(`${lines.join('\n')}\n`);
    return;
  }
  if (options.junit !== undefined) assertOutputFileWritable(options.junit);
  const report = new ScenarioReport(file, options);
  const artifacts: Artifacts = {};
  try {
    await runToEnd(file, options, report, artifacts);
  } catch (cause) {
    report.fail(cause, artifacts.folder);
    throw cause;
  }
}

async function runToEnd(file: string, options: Options, report: ScenarioReport, artifacts: Artifacts): Promise<void> {
  const { topology, steps } = await loadScenario(file, options.name);
  report.setTopology(topology, steps);
  const starter =
    options.engine === 'process'
      ? prepareProcessStart(topology, steps, options)
      : await prepareContainerStart(topology);
  const { signal, release } = handleInterrupt(starter.onSecondInterrupt ? { leave: starter.onSecondInterrupt } : {});
  const writeArtifacts = async (network: RunningNetwork) => {
    if (signal.aborted) return;
    const folder = await dumpArtifacts(network, report.events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    if (folder !== undefined) artifacts.folder = folder;
  };
  const network = await starter.start({
    timeoutMs: options.timeout * 1000,
    keepOnFailure: options.keep === true,
    signal,
    onFailed: (_, failed) => writeArtifacts(failed),
  });
  const removesNetwork = !starter.isRunning && !options.keep;
  try {
    const onEvent = (event: ScenarioEvent) => report.onEvent(event);
    const result = await runScenario(steps, network, { signal, onEvent });
    if (!result.passed) await writeArtifacts(network);
    report.finish(result, namedAddresses(network), artifacts.folder);
    if (!result.passed) process.exitCode = 1;
  } catch (cause) {
    await writeArtifacts(network);
    if (removesNetwork) await removeAfterFailure(network, cause);
    throw cause;
  }
  if (removesNetwork) await remove(network);
  release();
}

/** Starts, or finds, the network of a scenario. */
interface NetworkStarter {
  /** True when the network runs already: it is used, and left running. */
  isRunning: boolean;
  start(options: StartContainerNetworkOptions): Promise<RunningNetwork>;
  onSecondInterrupt?: () => void;
}

async function prepareContainerStart(topology: Topology): Promise<NetworkStarter> {
  const engine = await connectEngineOrSuggestProcess('run');
  return {
    isRunning: await runsAlready(engine, topology),
    start: (options) =>
      withUpProgress(topology, (onProgress) => startContainerNetwork(topology, { ...options, engine, onProgress })),
    onSecondInterrupt: () => exitLeavingNetwork(engine, topology.name),
  };
}

/** @throws UnsupportedError that names everything that only other runtimes support */
function prepareProcessStart(topology: Topology, steps: readonly TimedStep[], { keep }: Options): NetworkStarter {
  assertSupported('process', [
    ...(keep ? [{ capability: 'keep', feature: '--keep' } as const] : []),
    ...topologyRequirements(topology),
    ...faultRequirements(steps.flatMap((step) => (step.do === 'inject' ? step.faults : []))),
  ]);
  return { isRunning: false, start: (options) => startProcessNetwork(topology, options) };
}

async function loadScenario(
  file: string,
  name: string | undefined,
): Promise<{ topology: Topology; steps: TimedStep[] }> {
  const text = await readTextFile(file, 'scenario', 'docs/scenarios.md shows how to write one');
  const path = readTopologyPath(text, displayName(file));
  const topologyFile = path === undefined ? file : isAbsolute(path) ? path : join(dirname(file), path);
  const topology = await loadTopology(topologyFile, name);
  return { topology, steps: schedule(parseScenario(text, { file: displayName(file), topology })) };
}

/**
 * Returns true when the topology runs. A scenario does not change a network into another one.
 * @throws DevnetError `name_taken` when another topology runs under its name
 */
async function runsAlready(engine: Engine, declared: Topology): Promise<boolean> {
  const state = await observe(engine, declared.name);
  if (!state) return false;
  const { scenario: _, ...wanted } = declared;
  const { scenario: __, ...running } = state.topology ?? ({} as Topology);
  if (isDeepStrictEqual(running, wanted)) return true;
  throw new DevnetError('name_taken', `a network "${declared.name}" runs with another topology`, {
    hint: `--name starts another one beside it; devnet down ${declared.name} removes it`,
  });
}

function formatTimedStep(step: TimedStep): string {
  return `${paint('gray', formatSeconds(step.at).padStart(10))} ${describeStep(step)}`;
}

async function remove(network: RunningNetwork): Promise<void> {
  await network.down();
  writeToStderr(`${paint('green', '✔', process.stderr)} ${network.topology.name} is down`);
}

/** Removes a network after a failed run. @throws the failure, with what is left to do if removing fails too */
async function removeAfterFailure(network: RunningNetwork, failure: unknown): Promise<void> {
  try {
    await remove(network);
  } catch (cause) {
    const { name } = network.topology;
    throw new DevnetError(
      failure instanceof DevnetError ? failure.code : 'engine_failed',
      `${describeError(failure)}\n  and "${name}" could not be removed: ${describeError(cause)}`,
      { hint: `devnet down ${name}, once the engine answers`, cause: failure },
    );
  }
}
