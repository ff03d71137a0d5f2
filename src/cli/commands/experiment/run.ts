import { dirname, isAbsolute, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { CaptureFile } from '../../../capture/capture-file.ts';
import {
  assertSupported,
  faultRequirements,
  type Requirement,
  type RuntimeName,
  topologyRequirements,
} from '../../../network/capabilities.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import type { Runtime, StartedNetwork } from '../../../network/runtime.ts';
import type { NetworkRecorder } from '../../../recording/network-recorder.ts';
import type { NetworkRecording } from '../../../recording/network-recording.ts';
import {
  describeStep,
  parseScenario,
  readTopologyPath,
  runScenario,
  type ScenarioEvent,
  type ScenarioResult,
  schedule,
  type TimedStep,
  toRecordingEvent,
  withRecordedLog,
} from '../../../scenario/index.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import {
  assertOutputFileWritable,
  displayName,
  readTextFile,
  writeOutputFile,
} from '../../../shared/files/text-file.ts';
import { describeClockOffset } from '../../../shared/time/clock-offset.ts';
import { raceSignal } from '../../../shared/time/race-signal.ts';
import type { Topology } from '../../../topology/index.ts';
import { loadTopology } from '../../../topology/load-topology-file.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { connectRuntimeOrSuggestOther } from '../../input/suggest-other-runtime.ts';
import { dumpArtifacts } from '../../output/dump-artifacts.ts';
import { formatSeconds, paint, warn, writeToStderr } from '../../output/format.ts';
import { namedAddresses } from '../../output/log-format.ts';
import { printNotes, startWithProgress } from '../../output/progress/up-progress.ts';
import { printRecordingFolder, startRecording } from '../../output/record-network.ts';
import { ScenarioReport } from '../../output/scenario-report.ts';
import { startDeclaredCapture } from '../../output/sinks/declared-capture.ts';
import { startTraces } from '../../output/sinks/export-traces.ts';
import { exitLeavingNetwork } from '../exit-leaving-network.ts';
import { openPage, readReplayPage, untilInterrupted } from '../page/serve-page.ts';
import { type CompletedRun, runOnAllRuntimes } from './run-on-all.ts';

interface RunOptions {
  /** @default the topology's */
  engine?: RuntimeName;
  name?: string;
  /** Seconds. */
  timeout: number;
  junit?: string;
  json?: true;
  plan?: true;
  keep?: true;
  record: boolean;
  ui?: true;
  otlp?: string;
  html?: string;
}

type Options = Omit<RunOptions, 'engine'> & { engine?: RuntimeName | 'all' };

/** Time to write the page of a run that was interrupted, milliseconds. */
const INTERRUPTED_PAGE_TIMEOUT_MS = 5_000;

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
  if (options.engine === 'all') return runEverywhere(file, options);
  const { engine, ...others } = options;
  await runOn(file, { ...others, ...(engine === undefined ? {} : { engine }) });
}

async function runEverywhere(file: string, options: Options): Promise<void> {
  const refused = (['junit', 'keep', 'ui', 'html'] as const).find((option) => options[option] !== undefined);
  if (refused) throw new DevnetError('usage', `--engine all has one result for all runtimes: it takes no --${refused}`);
  await loadScenario(file, options.name); // A file with mistakes is no reason to leave a runtime out.
  await runOnAllRuntimes((engine) => runOn(file, { ...options, engine }, options.json === true), options.json === true);
}

/** @param silent the caller prints the result */
async function runOn(file: string, options: RunOptions, silent = false): Promise<CompletedRun> {
  for (const file of [options.junit, options.html]) if (file !== undefined) assertOutputFileWritable(file);
  if (options.html !== undefined && !options.record) {
    throw new DevnetError('usage', '--html writes the recording as a page, and --no-record writes none', {
      hint: 'leave one of them out',
    });
  }
  const report = new ScenarioReport(file, { ...options, silent });
  const artifacts: Artifacts = {};
  try {
    return await runToEnd(file, options, report, artifacts);
  } catch (cause) {
    report.fail(cause, artifacts.folder);
    throw cause;
  }
}

async function runToEnd(
  file: string,
  options: RunOptions,
  report: ScenarioReport,
  artifacts: Artifacts,
): Promise<CompletedRun> {
  const { topology, steps } = await loadScenario(file, options.name);
  report.setTopology(topology, steps);
  const engine = options.engine ?? topology.engine ?? 'containers';
  const requirements = scenarioRequirements(topology, steps, options.keep === true);
  assertSupported(engine, requirements);
  const runtime = await connectRuntimeOrSuggestOther(engine, 'run');
  await runtime.assertSupports(requirements);
  const running = await findRunning(runtime, topology);
  const { signal, release } = handleInterrupt({ leave: () => exitLeavingNetwork(runtime, topology.name) });
  let capture: CaptureFile | undefined;
  const writeArtifacts = async (network: RunningNetwork, recording?: NetworkRecording) => {
    await recording?.stop();
    if (signal.aborted) return;
    const journal = report.events.map((event) => `${JSON.stringify(event)}\n`).join('');
    // A node or an engine that hangs must not keep the network from its removal.
    const dumped = raceSignal(dumpArtifacts(network, { journal, recording, capture }), signal);
    const folder = await dumped.catch(() => warn('no artifacts: interrupted'));
    if (typeof folder === 'string') artifacts.folder = folder;
  };
  // A start brings a network that runs back to its topology, where the runtime can.
  const usesRunning = running && !running.capabilities.has('incremental-start');
  const began = performance.now();
  const started: Pick<StartedNetwork, 'network' | 'notes'> = usesRunning
    ? { network: running }
    : await startWithProgress(runtime, topology, {
        timeoutMs: options.timeout * 1000,
        keepOnFailure: options.keep === true,
        ...(options.keep ? { ownedByProcess: false } : {}),
        signal,
        onFailed: (_, failed) => writeArtifacts(failed),
      });
  const upMs = performance.now() - began;
  printNotes(started);
  const { network } = started;
  capture = await startDeclaredCapture(network);
  const removesNetwork = !running && !options.keep;
  const recording = options.record ? await startRecording(network) : undefined;
  const page = options.ui ? await openPage(network, recording) : undefined;
  const traces = await startTraces(network, options.otlp);
  let result: ScenarioResult;
  try {
    const clock = describeClockOffset((await network.clockOffset()).offsetMs);
    if (clock !== undefined) warn(`${clock}; the scenario goes by the engine's`);
    traces?.startScenario(displayName(file));
    result = await runRecorded(steps, network, recording?.recorder ?? page?.recorder, {
      title: displayName(file),
      signal,
      onEvent: (event) => {
        report.onEvent(event);
        traces?.addScenarioEvent(event);
      },
    });
    traces?.endScenario(result.took, result.passed);
    if (!result.passed) await writeArtifacts(network, recording);
    report.finish(result, namedAddresses(network), artifacts.folder);
    if (!result.passed) process.exitCode = 1;
  } catch (cause) {
    await traces?.stop();
    await writeArtifacts(network, recording);
    const failure = removesNetwork ? await removeAfterFailure(network, cause) : cause;
    await writePage(options.html, recording, signal).catch((unwritten) => warn(describeError(unwritten)));
    printRecordingFolder(recording);
    await page?.close();
    throw failure;
  }
  await recording?.stop(removesNetwork ? 'removed' : 'stopped');
  await capture?.close();
  await traces?.stop();
  const downBegan = performance.now();
  if (removesNetwork) await remove(network);
  const downMs = performance.now() - downBegan;
  await writePage(options.html, recording, signal);
  printRecordingFolder(recording);
  if (page) {
    if (!signal.aborted) writeToStderr('the run is over; Ctrl-C ends its page');
    await untilInterrupted(signal);
    await page.close();
  }
  release();
  return { result, upMs, downMs };
}

/**
 * Writes a recording that has ended as a page.
 * @param signal ends that when it aborts; where it has aborted before, the page has little time
 * @throws DevnetError `interrupted`
 */
async function writePage(
  file: string | undefined,
  recording: NetworkRecording | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (file === undefined || !recording) return;
  const limit = signal.aborted ? AbortSignal.timeout(INTERRUPTED_PAGE_TIMEOUT_MS) : signal;
  const { html } = await raceSignal(readReplayPage(recording.folder, 'keep'), limit).catch((cause: unknown) => {
    if (!limit.aborted) throw cause;
    throw new DevnetError('interrupted', `interrupted before ${file} was written`, {
      hint: `devnet replay ${recording.folder} --html ${file} writes it`,
    });
  });
  writeOutputFile(file, html);
  writeToStderr(`page: ${file}`);
}

/** Runs a scenario, and records what it does. @throws as {@link runScenario} */
async function runRecorded(
  steps: readonly TimedStep[],
  network: RunningNetwork,
  recorder: NetworkRecorder | undefined,
  { title, signal, onEvent }: { title: string; signal: AbortSignal; onEvent: (event: ScenarioEvent) => void },
): Promise<ScenarioResult> {
  if (!recorder) return runScenario(steps, network, { signal, onEvent });
  recorder.record({ type: 'scenario_started', title, durationMs: steps.at(-1)?.at ?? 0 });
  try {
    const result = await runScenario(steps, withRecordedLog(network, recorder), {
      signal,
      onEvent(event) {
        recorder.record(toRecordingEvent(event, (milliseconds) => recorder.timeAgo(milliseconds)));
        onEvent(event);
      },
    });
    recorder.record({ type: 'scenario_ended', passed: result.passed });
    return result;
  } catch (cause) {
    recorder.record({ type: 'scenario_ended', passed: false, failure: describeError(cause) });
    throw cause;
  }
}

/** Lists what a scenario needs of the runtime of its network. */
function scenarioRequirements(topology: Topology, steps: readonly TimedStep[], keep: boolean): Requirement[] {
  return [
    ...(keep ? [{ capability: 'keep', feature: '--keep' } as const] : []),
    ...topologyRequirements(topology),
    ...faultRequirements(steps.flatMap((step) => (step.do === 'inject' ? step.faults : []))),
  ];
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
 * Finds the network of a topology that runs already: it is used, and left running. A scenario does not change a network into
 * another one.
 * @throws DevnetError `name_taken` when another topology runs under its name
 */
async function findRunning(runtime: Runtime, declared: Topology): Promise<RunningNetwork | undefined> {
  const [found] = await runtime.find(declared.name);
  if (!found) return undefined;
  const network = found.declared && (await found.attach());
  const { scenario: _, ...wanted } = declared;
  const { scenario: __, ...running } = network?.topology ?? ({} as Topology);
  if (isDeepStrictEqual(running, wanted)) return network;
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

/** Removes a network after a failed run. @returns the failure, with what is left to do if removing fails too */
async function removeAfterFailure(network: RunningNetwork, failure: unknown): Promise<unknown> {
  try {
    await remove(network);
    return failure;
  } catch (cause) {
    const { name } = network.topology;
    return new DevnetError(
      failure instanceof DevnetError ? failure.code : 'engine_failed',
      `${describeError(failure)}\n  and "${name}" could not be removed: ${describeError(cause)}`,
      { hint: `devnet down ${name}, once the engine answers`, cause: failure },
    );
  }
}
