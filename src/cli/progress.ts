import { Listr, type ListrTask } from 'listr2';
import type { UpStep } from '../devnet/up.ts';
import type { Topology } from '../topology/index.ts';
import { linkSteps, planLines } from './plan-format.ts';

/** Shows how far `up` is. */
export interface Progress {
  step(step: UpStep): void;
  /** Call once, when `up` has returned or failed; resolves when the last word is on the screen. */
  end(failure?: Error): Promise<void>;
}

/** A live tree on a terminal; elsewhere plain lines on standard error, so that standard output is the log's alone. */
export function showProgress(topology: Topology): Progress {
  return isLive() ? new Tree(topology) : new Lines(topology);
}

/** Whether somebody looks on who sees a line change. */
export function isLive(): boolean {
  return process.stdout.isTTY && process.stderr.isTTY && process.env.CI === undefined && process.env.TERM !== 'dumb';
}

class Lines implements Progress {
  readonly #topology: Topology;
  #seeds = 0;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  step(step: UpStep): void {
    const { nodes, links } = this.#topology;
    if (step.step === 'image') say(`image    ${imageText(step)}`);
    else if (step.step === 'network') say(`network  ${networkText(step)}`);
    else if (step.step === 'listening' && step.done === nodes.length)
      say(`nodes    ${nodesText(step.done, nodes.length)}`);
    else if (step.step === 'plan') {
      this.#seeds = linkSteps(step.steps);
      if (step.change) for (const line of planLines(step.steps, process.stderr)) say(line);
    } else if (step.step === 'seeded' && step.done === this.#seeds) say(`links    ${this.#seeds} seeded`);
    else if (step.step === 'verified' && step.done === links.length && step.done > 0)
      say(`links    ${step.done} of ${links.length} verified`);
    else if (step.step === 'removing') say('removing what was made');
  }

  async end(): Promise<void> {}
}

/** As much of the library's task as is used here. */
interface Task {
  title?: string;
  output?: string;
}

/** A line of the tree: a task that ends when it is told to. */
export class Part {
  #task: Task | undefined;
  finish: () => void = () => {};
  fail: (why: Error) => void = () => {};
  readonly #ended = new Promise<void>((finish, fail) => {
    this.finish = finish;
    this.fail = fail;
  });

  #title: string;
  #output = '';

  constructor(title: string) {
    this.#title = title;
    this.#ended.catch(() => {}); // Shown by the tree.
  }

  get title(): string {
    return this.#title;
  }

  set title(title: string) {
    this.#title = title;
    if (this.#task) this.#task.title = title;
  }

  /** Lines under this one that stay. */
  set output(text: string) {
    this.#output = text;
    if (this.#task) this.#task.output = text;
  }

  asTask(): ListrTask {
    return {
      title: this.#title,
      task: (_, task) => {
        this.#task = task as unknown as Task;
        if (this.#output !== '') this.#task.output = this.#output;
        this.#task.title = this.#title; // It may have changed before the tree began to draw.
        return this.#ended;
      },
      rendererOptions: { persistentOutput: true, outputBar: Number.POSITIVE_INFINITY },
    };
  }
}

/** Four lines that fill up side by side; each ends when its part is complete. */
class Tree implements Progress {
  readonly #topology: Topology;
  readonly #parts = {
    image: new Part('image'),
    network: new Part('network'),
    nodes: new Part('nodes'),
    links: new Part('links'),
  };
  readonly #running: Promise<unknown>;
  #toMake = 0;
  #toSeed = 0;

  constructor(topology: Topology) {
    this.#topology = topology;
    const list = new Listr(
      Object.values(this.#parts).map((part) => part.asTask()),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: true, showErrorMessage: false },
      },
    );
    this.#running = list.run().catch(() => {}); // What failed is reported by whoever called `up`.
  }

  step(step: UpStep): void {
    const { nodes, links } = this.#topology;
    const parts = this.#parts;
    if (step.step === 'image') {
      parts.image.title = `image    ${imageText(step)}`;
      parts.image.finish();
    } else if (step.step === 'plan') {
      this.#toMake = step.steps.filter((one) => one.do === 'make node').length;
      this.#toSeed = linkSteps(step.steps);
      if (step.change) parts.network.output = planLines(step.steps).join('\n');
    } else if (step.step === 'network') {
      if (parts.image.title === 'image') parts.image.title = 'image    as the topology names them';
      parts.image.finish();
      parts.network.title = `network  ${networkText(step)}`;
      parts.network.finish();
    } else if (step.step === 'started') {
      parts.nodes.title = `nodes    ${step.done} of ${this.#toMake} started`;
    } else if (step.step === 'listening') {
      parts.nodes.title = `nodes    ${nodesText(step.done, nodes.length)}`;
      if (step.done === nodes.length) parts.nodes.finish();
    } else if (step.step === 'seeded') {
      parts.links.title = `links    ${step.done} of ${this.#toSeed} seeded`;
    } else if (step.step === 'verified') {
      parts.links.title = `links    ${step.done} of ${links.length} verified`;
      if (step.done === links.length) parts.links.finish();
    } else {
      for (const part of Object.values(parts)) part.fail(step.why);
    }
  }

  async end(failure?: Error): Promise<void> {
    for (const part of Object.values(this.#parts)) failure ? part.fail(failure) : part.finish();
    await this.#running;
  }
}

function imageText({ image }: Extract<UpStep, { step: 'image' }>): string {
  return `${image.reference} (${image.built ? `built now on an ${image.base}`.replace('an base', 'a base') : image.base})`;
}

function networkText({ subnet, internal }: Extract<UpStep, { step: 'network' }>): string {
  return `${subnet}${internal ? ', internal: no way out of this machine' : ', open to the outside'}`;
}

function nodesText(done: number, all: number): string {
  return `${done} of ${all} listening`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
