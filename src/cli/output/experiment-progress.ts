import { Listr } from 'listr2';
import {
  dryRun,
  type Experiment,
  formatMetric,
  groupRunsByNodes,
  type RunnerEvent,
  timeToReach,
} from '../../experiment/index.ts';
import { Eta } from './eta.ts';
import { formatDuration, paint, pluralize } from './format.ts';
import { isInteractiveTerminal, ProgressTask } from './up-progress.ts';

/** Shows how far an experiment is. */
export interface ExperimentProgress {
  onEvent(happening: RunnerEvent): void;
  /** Call once, when all is over or nothing can go on; resolves when the last word is on the screen. */
  end(): Promise<void>;
}

/** A live tree on a terminal; elsewhere a line for each run on standard error. @param done keys of runs that were over before */
export function showExperimentProgress(experiment: Experiment, done: ReadonlySet<string>): ExperimentProgress {
  const { seconds } = dryRun(experiment);
  const tally = new Eta(experiment.runs.length, done.size, seconds, performance.now());
  return isInteractiveTerminal()
    ? new LiveExperimentProgress(experiment, done, tally)
    : new PlainExperimentProgress(tally);
}

class PlainExperimentProgress implements ExperimentProgress {
  readonly #eta: Eta;

  constructor(tally: Eta) {
    this.#eta = tally;
  }

  onEvent(happening: RunnerEvent): void {
    if (happening.what === 'network') {
      writeToStderr(`  ${pluralize(happening.nodes, 'node')} for the next ${pluralize(happening.runs, 'run')}`);
    }
    if (happening.what !== 'done' && happening.what !== 'failed') return;
    this.#eta.completeRun(performance.now());
    writeToStderr(`${formatRunResult(happening, this.#eta.position, process.stderr)}${formatTimeLeft(this.#eta)}`);
  }

  async end(): Promise<void> {}
}

/** Runs that are over and still shown, for each set of nodes. */
const MAX_FINISHED_RUNS_SHOWN = 3;
/** Between two looks at the clock, milliseconds. */
const REFRESH_INTERVAL_MS = 1_000;

/** One root with the time that is left, and under it a branch for each set of nodes, with its last runs and the present one. */
class LiveExperimentProgress implements ExperimentProgress {
  readonly #name: string;
  readonly #eta: Eta;
  readonly #root: ProgressTask;
  readonly #nodeSets: NodeSetProgress[];
  readonly #running: Promise<unknown>;
  readonly #refreshTimer: NodeJS.Timeout;
  #currentIndex = -1;

  constructor({ name, runs }: Experiment, done: ReadonlySet<string>, tally: Eta) {
    this.#name = name;
    this.#eta = tally;
    this.#root = new ProgressTask(name);
    this.#nodeSets = groupRunsByNodes(runs.filter(({ key }) => !done.has(key))).map(
      (own) => new NodeSetProgress(own[0]!.topology.nodes.length, own.length),
    );
    const list = new Listr(
      [
        {
          ...this.#root.toListrTask(),
          task: (context, task) => {
            void this.#root.toListrTask().task(context, task as never);
            return task.newListr(
              this.#nodeSets.map(({ task: part }) => ({
                ...part.toListrTask(),
                rendererOptions: { persistentOutput: true, outputBar: MAX_FINISHED_RUNS_SHOWN },
              })),
              { exitOnError: false },
            );
          },
        },
      ],
      {
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { collapseSubtasks: false, collapseErrors: true, showErrorMessage: false },
      },
    );
    this.#running = list.run().catch(() => {}); // What failed is in the results.
    this.#refreshTimer = setInterval(() => this.#refreshTitle(), REFRESH_INTERVAL_MS);
    this.#refreshTitle();
  }

  onEvent(happening: RunnerEvent): void {
    if (happening.what === 'network') {
      this.#nodeSets[this.#currentIndex]?.task.finish();
      this.#currentIndex++;
    }
    this.#nodeSets[this.#currentIndex]?.onEvent(happening, this.#eta);
    this.#refreshTitle();
  }

  async end(): Promise<void> {
    clearInterval(this.#refreshTimer);
    this.#refreshTitle();
    // Those that were not all carried out have not come to their end.
    for (const { task: part } of this.#nodeSets) part.fail(new Error('not all runs'));
    await this.#running;
  }

  #refreshTitle(): void {
    this.#root.title = `${this.#name}: ${this.#eta.completed} of ${pluralize(this.#eta.total, 'run')}${formatTimeLeft(this.#eta)}`;
  }
}

/** The runs on one set of nodes. */
class NodeSetProgress {
  readonly task: ProgressTask;
  readonly #nodes: number;
  readonly #runs: number;
  #completed = 0;
  /** The run that is under way, and what is being done for it. */
  #currentRun = '';
  #stage = '';

  constructor(nodes: number, runs: number) {
    this.#nodes = nodes;
    this.#runs = runs;
    this.task = new ProgressTask(this.#formatTitle());
  }

  onEvent(happening: RunnerEvent, tally: Eta): void {
    switch (happening.what) {
      case 'network':
        break;
      case 'started':
        this.#currentRun = happening.run.key;
        this.#stage = '';
        break;
      case 'up':
        // Every node and link is told of; that is more than anybody reads.
        if (happening.step.step === 'network') this.#stage = ', making nodes';
        else if (happening.step.step === 'seeded') this.#stage = ', linking';
        break;
      case 'told':
        this.#stage = `, message ${happening.done} of ${happening.of}`;
        break;
      case 'done':
      case 'failed': {
        tally.completeRun(performance.now());
        this.#completed++;
        this.#currentRun = '';
        // Each is added to those before.
        this.task.output = formatRunResult(happening, tally.position, process.stdout).split('\n')[0]!;
      }
    }
    this.task.title = this.#formatTitle();
    if (this.#completed === this.#runs) this.task.finish();
  }

  #formatTitle(): string {
    const present = this.#currentRun === '' ? '' : `  ${this.#currentRun}${this.#stage}`;
    return `${pluralize(this.#nodes, 'node')}: ${this.#completed} of ${pluralize(this.#runs, 'run')}${present}`;
  }
}

function formatTimeLeft(tally: Eta): string {
  const left = tally.secondsLeft(performance.now());
  return left > 0 ? `, ${formatDuration(left)} left` : '';
}

function formatRunResult(
  happening: Extract<RunnerEvent, { what: 'done' | 'failed' }>,
  place: string,
  stream: NodeJS.WriteStream,
): string {
  const { key } = happening.run;
  if (happening.what === 'failed') return `${paint('red', '✘', stream)} ${place} ${key}: ${happening.error.message}`;
  const { samples } = happening;
  const reached = samples.map(({ receipts, never }) => receipts.length / (receipts.length + never.length));
  const share = (100 * reached.reduce((sum, one) => sum + one, 0)) / reached.length;
  const times = samples.map((sample) => timeToReach(99, sample)).sort((a, b) => a - b);
  const middle = times[times.length >> 1]!;
  const time = Number.isFinite(middle) ? `, 99 % within ${formatMetric(middle)} ms` : '';
  return `${paint('green', '✔', stream)} ${place} ${key}  reached ${formatMetric(share)} %${time}`;
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
