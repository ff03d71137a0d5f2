import {
  type Experiment,
  estimateSeconds,
  formatMetric,
  groupRunsByNodes,
  percentReached,
  type RunnerEvent,
  timeToReach,
} from '../../../experiment/index.ts';
import type { RuntimeName } from '../../../network/capabilities.ts';
import { pluralize } from '../../../shared/text.ts';
import { formatDuration, paint, writeToStderr } from '../format.ts';
import { Eta } from './eta.ts';
import { isInteractiveTerminal, ProgressTask } from './progress-task.ts';
import { printNotes } from './up-progress.ts';

/** Shows the progress of an experiment. */
export interface ExperimentProgress {
  onEvent(event: RunnerEvent): void;
  /** To be called once, when the experiment has ended or failed; resolves when the last line is on the screen. */
  end(): Promise<void>;
}

/**
 * Shows a live tree on a terminal, and a line per run on standard error elsewhere.
 * @param completed keys of the runs that were completed earlier
 */
export async function showExperimentProgress(
  experiment: Experiment,
  completed: ReadonlySet<string>,
  runtime: RuntimeName,
): Promise<ExperimentProgress> {
  const seconds = estimateSeconds(experiment, runtime);
  const eta = new Eta(experiment.runs.length, completed.size, seconds, performance.now());
  return isInteractiveTerminal()
    ? new LiveExperimentProgress(experiment, completed, eta, await import('listr2'))
    : new PlainExperimentProgress(eta);
}

class PlainExperimentProgress implements ExperimentProgress {
  readonly #eta: Eta;

  constructor(eta: Eta) {
    this.#eta = eta;
  }

  onEvent(event: RunnerEvent): void {
    if (event.what === 'network') {
      writeToStderr(`  ${pluralize(event.nodes, 'node')} for the next ${pluralize(event.runs, 'run')}`);
    }
    if (event.what === 'notes') printNotes(event);
    if (event.what !== 'done' && event.what !== 'failed') return;
    this.#eta.completeRun(performance.now());
    writeToStderr(`${formatRunResult(event, this.#eta.position, process.stderr)}${formatTimeLeft(this.#eta)}`);
  }

  async end(): Promise<void> {}
}

/** Completed runs shown for each set of nodes. */
const MAX_FINISHED_RUNS_SHOWN = 3;
const REFRESH_INTERVAL_MS = 1_000;

/** Shows the time left, and below it for each set of nodes its last runs and the current one. */
class LiveExperimentProgress implements ExperimentProgress {
  readonly #name: string;
  readonly #eta: Eta;
  readonly #root: ProgressTask;
  readonly #nodeSets: NodeSetProgress[];
  readonly #running: Promise<unknown>;
  readonly #refreshTimer: NodeJS.Timeout;
  #currentIndex = -1;
  /** Shown at the end: until then, the tree has the terminal. */
  readonly #notes: string[] = [];

  constructor(
    { name, runs }: Experiment,
    completed: ReadonlySet<string>,
    eta: Eta,
    { Listr }: typeof import('listr2'),
  ) {
    this.#name = name;
    this.#eta = eta;
    this.#root = new ProgressTask(name);
    this.#nodeSets = groupRunsByNodes(runs.filter(({ key }) => !completed.has(key))).map(
      (own) => new NodeSetProgress(own[0]!.topology.nodes.length, own.length),
    );
    const list = new Listr(
      [
        {
          ...this.#root.toListrTask(),
          task: (context, task) => {
            void this.#root.toListrTask().task(context, task as never);
            return task.newListr(
              this.#nodeSets.map(({ task: child }) => ({
                ...child.toListrTask(),
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
    this.#running = list.run().catch(() => {}); // Failures are in the results.
    this.#refreshTimer = setInterval(() => this.#refreshTitle(), REFRESH_INTERVAL_MS);
    this.#refreshTitle();
  }

  onEvent(event: RunnerEvent): void {
    if (event.what === 'network') {
      this.#nodeSets[this.#currentIndex]?.task.finish();
      this.#currentIndex++;
    } else if (event.what === 'notes') this.#notes.push(...event.notes);
    this.#nodeSets[this.#currentIndex]?.onEvent(event, this.#eta);
    this.#refreshTitle();
  }

  async end(): Promise<void> {
    clearInterval(this.#refreshTimer);
    this.#refreshTitle();
    // Sets of nodes whose runs were not all carried out have not ended yet.
    for (const { task } of this.#nodeSets) task.fail(new Error('not all runs'));
    await this.#running;
    printNotes({ notes: this.#notes });
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
  /** Key of the current run, and the stage that it is in. */
  #currentRun = '';
  #stage = '';

  constructor(nodes: number, runs: number) {
    this.#nodes = nodes;
    this.#runs = runs;
    this.task = new ProgressTask(this.#formatTitle());
  }

  onEvent(event: RunnerEvent, eta: Eta): void {
    switch (event.what) {
      case 'network':
      case 'notes':
        break;
      case 'started':
        this.#currentRun = event.run.key;
        this.#stage = '';
        break;
      case 'up':
        // There is a step for every node and link; only two are worth showing.
        if (event.step.step === 'network') this.#stage = ', starting nodes';
        else if (event.step.step === 'seeded') this.#stage = ', linking';
        break;
      case 'message_sent':
        this.#stage = `, message ${event.done} of ${event.of}`;
        break;
      case 'done':
      case 'failed': {
        eta.completeRun(performance.now());
        this.#completed++;
        this.#currentRun = '';
        // listr2 adds each output to the earlier ones.
        this.task.output = formatRunResult(event, eta.position, process.stdout).split('\n')[0]!;
      }
    }
    this.task.title = this.#formatTitle();
    if (this.#completed === this.#runs) this.task.finish();
  }

  #formatTitle(): string {
    const current = this.#currentRun === '' ? '' : `  ${this.#currentRun}${this.#stage}`;
    return `${pluralize(this.#nodes, 'node')}: ${this.#completed} of ${pluralize(this.#runs, 'run')}${current}`;
  }
}

function formatTimeLeft(eta: Eta): string {
  const left = eta.secondsLeft(performance.now());
  return left > 0 ? `, ${formatDuration(left)} left` : '';
}

function formatRunResult(
  event: Extract<RunnerEvent, { what: 'done' | 'failed' }>,
  position: string,
  stream: NodeJS.WriteStream,
): string {
  const { key } = event.run;
  if (event.what === 'failed') return `${paint('red', '✘', stream)} ${position} ${key}: ${event.error.message}`;
  const { samples } = event;
  const reached = samples.reduce((sum, sample) => sum + percentReached(sample), 0) / samples.length;
  const times = samples.map((sample) => timeToReach(99, sample)).sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  const time = Number.isFinite(median) ? `, 99 % within ${formatMetric(median)} ms` : '';
  return `${paint('green', '✔', stream)} ${position} ${key}  reached ${formatMetric(reached)} %${time}`;
}
