import { Listr } from 'listr2';
import { type Experiment, formatFigure, type Happening, onSameNodes, predict, timeTo } from '../experiment/index.ts';
import { count, duration, paint } from './format.ts';
import { isLive, Part } from './progress.ts';
import { Tally } from './tally.ts';

/** Shows how far an experiment is. */
export interface ExperimentProgress {
  tell(happening: Happening): void;
  /** Call once, when all is over or nothing can go on; resolves when the last word is on the screen. */
  end(): Promise<void>;
}

/** A live tree on a terminal; elsewhere a line for each run on standard error. @param done keys of runs that were over before */
export function showExperiment(experiment: Experiment, done: ReadonlySet<string>): ExperimentProgress {
  const { seconds } = predict(experiment);
  const tally = new Tally(experiment.runs.length, done.size, seconds, performance.now());
  return isLive() ? new Tree(experiment, done, tally) : new Lines(tally);
}

class Lines implements ExperimentProgress {
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  tell(happening: Happening): void {
    if (happening.what === 'network') {
      say(`  ${count(happening.nodes, 'node')} for the next ${count(happening.runs, 'run')}`);
    }
    if (happening.what !== 'done' && happening.what !== 'failed') return;
    this.#tally.count(performance.now());
    say(`${outcome(happening, this.#tally.place, process.stderr)}${timeLeft(this.#tally)}`);
  }

  async end(): Promise<void> {}
}

/** Runs that are over and still shown, for each set of nodes. */
const SHOWN = 3;
/** Between two looks at the clock, milliseconds. */
const TICK = 1_000;

/** One root with the time that is left, and under it a branch for each set of nodes, with its last runs and the present one. */
class Tree implements ExperimentProgress {
  readonly #name: string;
  readonly #tally: Tally;
  readonly #root: Part;
  readonly #branches: Branch[];
  readonly #running: Promise<unknown>;
  readonly #clock: NodeJS.Timeout;
  #at = -1;

  constructor({ name, runs }: Experiment, done: ReadonlySet<string>, tally: Tally) {
    this.#name = name;
    this.#tally = tally;
    this.#root = new Part(name);
    this.#branches = onSameNodes(runs.filter(({ key }) => !done.has(key))).map(
      (own) => new Branch(own[0]!.topology.nodes.length, own.length),
    );
    const list = new Listr(
      [
        {
          ...this.#root.asTask(),
          task: (context, task) => {
            void this.#root.asTask().task(context, task as never);
            return task.newListr(
              this.#branches.map(({ part }) => ({
                ...part.asTask(),
                rendererOptions: { persistentOutput: true, outputBar: SHOWN },
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
    this.#clock = setInterval(() => this.#look(), TICK);
    this.#look();
  }

  tell(happening: Happening): void {
    if (happening.what === 'network') {
      this.#branches[this.#at]?.part.finish();
      this.#at++;
    }
    this.#branches[this.#at]?.tell(happening, this.#tally);
    this.#look();
  }

  async end(): Promise<void> {
    clearInterval(this.#clock);
    this.#look();
    // Those that were not all carried out have not come to their end.
    for (const { part } of this.#branches) part.fail(new Error('not all runs'));
    await this.#running;
  }

  #look(): void {
    this.#root.title = `${this.#name}: ${this.#tally.over} of ${count(this.#tally.all, 'run')}${timeLeft(this.#tally)}`;
  }
}

/** The runs on one set of nodes. */
class Branch {
  readonly part: Part;
  readonly #nodes: number;
  readonly #runs: number;
  #over = 0;
  /** The run that is under way, and what is being done for it. */
  #present = '';
  #stage = '';

  constructor(nodes: number, runs: number) {
    this.#nodes = nodes;
    this.#runs = runs;
    this.part = new Part(this.#title());
  }

  tell(happening: Happening, tally: Tally): void {
    switch (happening.what) {
      case 'network':
        break;
      case 'started':
        this.#present = happening.run.key;
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
        tally.count(performance.now());
        this.#over++;
        this.#present = '';
        // Each is added to those before.
        this.part.output = outcome(happening, tally.place, process.stdout).split('\n')[0]!;
      }
    }
    this.part.title = this.#title();
    if (this.#over === this.#runs) this.part.finish();
  }

  #title(): string {
    const present = this.#present === '' ? '' : `  ${this.#present}${this.#stage}`;
    return `${count(this.#nodes, 'node')}: ${this.#over} of ${count(this.#runs, 'run')}${present}`;
  }
}

function timeLeft(tally: Tally): string {
  const left = tally.left(performance.now());
  return left > 0 ? `, ${duration(left)} left` : '';
}

function outcome(
  happening: Extract<Happening, { what: 'done' | 'failed' }>,
  place: string,
  stream: NodeJS.WriteStream,
): string {
  const { key } = happening.run;
  if (happening.what === 'failed') return `${paint('red', '✘', stream)} ${place} ${key}: ${happening.why.message}`;
  const { samples } = happening;
  const reached = samples.map(({ receipts, never }) => receipts.length / (receipts.length + never.length));
  const share = (100 * reached.reduce((sum, one) => sum + one, 0)) / reached.length;
  const times = samples.map((sample) => timeTo(99, sample)).sort((a, b) => a - b);
  const middle = times[times.length >> 1]!;
  const time = Number.isFinite(middle) ? `, 99 % within ${formatFigure(middle)} ms` : '';
  return `${paint('green', '✔', stream)} ${place} ${key}  reached ${formatFigure(share)} %${time}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
