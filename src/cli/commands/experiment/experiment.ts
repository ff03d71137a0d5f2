import { release } from 'node:os';
import { basename, extname, join, relative } from 'node:path';
import {
  createRunSample,
  type Experiment,
  experimentRequirements,
  lockExperiment,
  parseExperiment,
  ResultsFolder,
  type Run,
  runExperiment,
  writeReport,
} from '../../../experiment/index.ts';
import { assertSupported, type RuntimeName } from '../../../network/capabilities.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import type { Runtime } from '../../../network/runtime.ts';
import type { NetworkRecording } from '../../../recording/network-recording.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { packageVersion } from '../../../shared/files/package-root.ts';
import { displayName, readTextFile, STANDARD_INPUT } from '../../../shared/files/text-file.ts';
import { pluralize } from '../../../shared/text.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { connectRuntimeOrSuggestOther } from '../../input/suggest-other-runtime.ts';
import {
  experimentPlanToJson,
  experimentResultsToJson,
  formatExperimentPlan,
  formatExperimentResults,
} from '../../output/experiment-format.ts';
import { paint, writeToStderr } from '../../output/format.ts';
import { showExperimentProgress } from '../../output/progress/experiment-progress.ts';
import { startRecording } from '../../output/record-network.ts';
import { startTraces } from '../../output/sinks/export-traces.ts';

interface Options {
  engine: RuntimeName;
  dryRun?: true;
  output?: string;
  repeats?: number;
  /** Seconds. */
  timeout: number;
  keep?: true;
  record?: true;
  otlp?: string;
  json?: true;
}

interface ExperimentContext {
  file: string;
  source: string;
  folder: ResultsFolder;
  /** Undefined where nothing is started. */
  runtime: Runtime | undefined;
}

export async function run(file: string, { engine = 'containers', ...others }: Partial<Options>): Promise<void> {
  const options = { ...others, engine } as Options;
  const source = await readTextFile(file, 'experiment', 'devnet experiment devnet/experiments/rewiring.yaml');
  const name = file === STANDARD_INPUT ? 'experiment' : basename(file, extname(file));
  const experiment = parseExperiment(source, { file: displayName(file), name, repeats: options.repeats });
  if (options.dryRun) {
    assertSupported(options.engine, experimentRequirements(experiment, { keepNetwork: options.keep === true }));
    const plan = options.json
      ? JSON.stringify(experimentPlanToJson(experiment, options.engine))
      : formatExperimentPlan(experiment, displayName(file), options.engine);
    process.stdout.write(`${plan}\n`);
    return;
  }
  const folder = new ResultsFolder(options.output ?? join('.devnet', 'experiments', experiment.name));
  const runtime = experiment.load ? await connectRuntime(experiment, options) : undefined;
  // Taken before the folder is opened, which another run of the same experiment would write to.
  const unlock = runtime && (await lockExperiment(runtime, experiment.name));
  try {
    await runIntoFolder(experiment, { file, source, folder, runtime }, options);
  } finally {
    await unlock?.();
  }
}

/** @throws UnsupportedError, before anything starts */
async function connectRuntime(experiment: Experiment, { engine, keep }: Options): Promise<Runtime> {
  assertSupported(engine, experimentRequirements(experiment, { keepNetwork: keep === true }));
  return connectRuntimeOrSuggestOther(engine, 'experiment');
}

async function runIntoFolder(
  experiment: Experiment,
  { file, source, folder, runtime }: ExperimentContext,
  options: Options,
): Promise<void> {
  const versions = {
    devnet: packageVersion,
    node: process.versions.node,
    kernel: release(),
    ...(runtime ? { engine: runtime.version } : {}),
  };
  const before = await folder.open(experiment, source, versions);
  const completed = new Set(before.runs.map(({ run: key }) => key));
  writeToStderr(`${paint('bold', experiment.name, process.stderr)}: ${experiment.question}`);
  const earlier = completed.size > 0 ? `, ${completed.size} of them completed earlier` : '';
  writeToStderr(`  ${pluralize(experiment.runs.length, 'run')}${earlier} (${displayName(file)}) -> ${folder.path}`);
  if (runtime) await runOnNetworks(runtime, experiment, folder, completed, options);
  else await recordGraphMetrics(experiment, folder, completed);
  const results = await folder.read();
  await writeReport(folder, results);
  const result = options.json
    ? JSON.stringify(experimentResultsToJson(folder.path, results))
    : formatExperimentResults(relative(process.cwd(), folder.file('report.html')), results);
  process.stdout.write(`${result}\n`);
  if (results.runs.length < experiment.runs.length) process.exitCode = 1;
}

async function runOnNetworks(
  runtime: Runtime,
  experiment: Experiment,
  folder: ResultsFolder,
  completed: ReadonlySet<string>,
  { timeout, keep, record, otlp }: Options,
): Promise<void> {
  // The results go to the folder.
  const { signal, release } = handleInterrupt({ continueWithoutReader: true });
  const progress = await showExperimentProgress(experiment, completed, runtime.name);
  try {
    await runExperiment(runtime, experiment, {
      completedRuns: completed,
      writeSamples: (samples) => folder.append(samples),
      onEvent: (event) => progress.onEvent(event),
      signal,
      timeoutMs: timeout * 1_000,
      keepNetwork: keep === true,
      ...(record || otlp !== undefined
        ? {
            startRecording: async (network, run) => {
              const traces = await startTraces(network, otlp);
              const recording = record ? await recordRun(network, run, folder) : undefined;
              return { stop: async () => void (await Promise.all([recording?.stop(), traces?.stop()])) };
            },
          }
        : {}),
    });
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new DevnetError('interrupted', `interrupted; the results so far are in ${folder.path}`, {
      hint: 'the same command continues from there',
      cause,
    });
  } finally {
    await progress.end();
    release();
  }
}

/** Begins to record a run, in the place of a recording of it that failed earlier. */
async function recordRun(
  network: RunningNetwork,
  run: Run,
  folder: ResultsFolder,
): Promise<NetworkRecording | undefined> {
  const recording = await startRecording(network, () => folder.createRecordingFolder(run.key));
  await recording?.recorder.followLog();
  return recording;
}

/** Records the metrics of the graphs, which are the whole result of an experiment without a load. */
async function recordGraphMetrics(
  experiment: Experiment,
  folder: ResultsFolder,
  completed: ReadonlySet<string>,
): Promise<void> {
  for (const run of experiment.runs) {
    if (completed.has(run.key)) continue;
    const began = performance.now();
    const sample = createRunSample(run, undefined, 0);
    await folder.append([{ ...sample, took: Number(((performance.now() - began) / 1_000).toFixed(3)) }]);
  }
}
