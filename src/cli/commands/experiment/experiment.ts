import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { basename, join, relative } from 'node:path';
import { Command } from 'commander';
import { connectEngine, type Engine } from '../../../engine/engine.ts';
import {
  createRunSample,
  type Experiment,
  ExperimentError,
  lockExperiment,
  parseExperiment,
  ResultsFolder,
  runExperiment,
  writeReport,
} from '../../../experiment/index.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { packageVersion } from '../../../shared/package-root.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { parseSecondsOption } from '../../input/option-parsers.ts';
import {
  experimentPlanToJson,
  experimentResultsToJson,
  formatExperimentPlan,
  formatExperimentResults,
} from '../../output/experiment-format.ts';
import { showExperimentProgress } from '../../output/experiment-progress.ts';
import { paint, pluralize } from '../../output/format.ts';

interface Options {
  dryRun?: true;
  output?: string;
  timeout: number;
  keep?: true;
  json?: true;
}

export const experimentCommand = (): Command =>
  new Command('experiment')
    .summary('run one network after another, measure each, and report with intervals and pictures')
    .description(
      'Carries out the runs of an experiment file on one devnet, whose links change from run to run. Interrupted, it\n' +
        'goes on where it stopped when it is started again. Exit status: 0 when every run came to its end, 1 otherwise.',
    )
    .argument('<file>', 'experiment file')
    .option('--dry-run', "list the runs, the graphs' figures, and about how long they take; start nothing")
    .option('-o, --output <folder>', 'folder for the results (default: .devnet/experiments/NAME)')
    .option('--timeout <seconds>', 'how long a node may take to listen, and the links to stand', parseSecondsOption, 30)
    .option('--keep', 'leave the devnet up at the end')
    .option('--json', 'the result, or the runs of a dry run, as JSON')
    .action(run);

async function run(file: string, options: Options): Promise<void> {
  const source = await readExperimentFile(file);
  const experiment = parseOrThrow(source, file);
  if (options.dryRun) {
    printPlan(experiment, file, options);
    return;
  }
  const folder = new ResultsFolder(options.output ?? join('.devnet', 'experiments', experiment.name));
  const engine = experiment.load ? await connectEngine() : undefined;
  // Before the folder is opened: the other one writes to it.
  const unlock = engine ? await lockExperiment(engine, experiment.name) : undefined;
  try {
    await runIntoFolder(experiment, { file, source, folder, engine }, options);
  } finally {
    await unlock?.();
  }
}

interface ExperimentContext {
  file: string;
  source: string;
  folder: ResultsFolder;
  /** Undefined where nothing is to be started. */
  engine: Engine | undefined;
}

async function runIntoFolder(
  experiment: Experiment,
  { file, source, folder, engine }: ExperimentContext,
  options: Options,
): Promise<void> {
  const versions = {
    devnet: packageVersion,
    node: process.versions.node,
    kernel: release(),
    ...(engine ? { engine: `${engine.flavour} ${engine.version}` } : {}),
  };
  const before = await folder.open(experiment, source, versions);
  const done = new Set(before.runs.map(({ run: key }) => key));
  writeToStderr(`${paint('bold', experiment.name, process.stderr)}: ${experiment.question}`);
  const rest = done.size > 0 ? `, ${done.size} of them done before` : '';
  writeToStderr(`  ${pluralize(experiment.runs.length, 'run')}${rest} (${file}) -> ${folder.path}`);
  if (engine) await runOnNetworks(engine, experiment, folder, done, options);
  else await computeGraphMetrics(experiment, folder, done);
  const results = await folder.read();
  await writeReport(folder, results);
  const report = relative(process.cwd(), folder.file('report.html'));
  const result = options.json
    ? JSON.stringify(experimentResultsToJson(folder.path, results))
    : formatExperimentResults(report, results);
  process.stdout.write(`${result}\n`);
  if (results.runs.length < experiment.runs.length) process.exitCode = 1;
}

async function runOnNetworks(
  engine: Engine,
  experiment: Experiment,
  folder: ResultsFolder,
  done: ReadonlySet<string>,
  { timeout, keep }: Options,
): Promise<void> {
  const interrupt = handleInterrupt(() => process.exit(130));
  // Whoever read the progress may go; what is found is in the folder.
  const unread = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  };
  process.stderr.on('error', unread);
  const progress = showExperimentProgress(experiment, done);
  try {
    await runExperiment(engine, experiment, {
      completedRuns: done,
      writeSamples: (samples) => folder.append(samples),
      onEvent: (happening) => progress.onEvent(happening),
      signal: interrupt.signal,
      timeoutMs: timeout * 1_000,
      keepNetwork: keep === true,
    });
  } catch (cause) {
    if (interrupt.signal.aborted) {
      throw new DevnetError('interrupted', `interrupted; what was measured is in ${folder.path}`, {
        hint: `the same command again goes on from there`,
        cause,
      });
    }
    throw cause;
  } finally {
    await progress.end();
    process.stderr.off('error', unread);
    interrupt.release();
  }
}

/** Without a load, the graphs themselves are the result. */
async function computeGraphMetrics(
  experiment: Experiment,
  folder: ResultsFolder,
  done: ReadonlySet<string>,
): Promise<void> {
  for (const run of experiment.runs) {
    if (done.has(run.key)) continue;
    const began = performance.now();
    const end = createRunSample(run, undefined, 0);
    await folder.append([{ ...end, took: Number(((performance.now() - began) / 1_000).toFixed(3)) }]);
  }
}

function printPlan(experiment: Experiment, file: string, { json }: Options): void {
  const plan = json ? JSON.stringify(experimentPlanToJson(experiment)) : formatExperimentPlan(experiment, file);
  process.stdout.write(`${plan}\n`);
}

async function readExperimentFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : message;
    throw new DevnetError('file_unreadable', `cannot read the experiment ${file}: ${what}`, {
      hint: 'devnet experiment devnet/experiments/rewiring.yaml, or any other experiment file',
      cause,
    });
  }
}

function parseOrThrow(source: string, file: string): Experiment {
  try {
    return parseExperiment(source, { file, name: basename(file).replace(/\.[^.]*$/, '') });
  } catch (cause) {
    if (!(cause instanceof ExperimentError)) throw cause;
    throw new DevnetError('experiment_invalid', cause.message, { cause });
  }
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
