import { Listr, type ListrTask } from 'listr2';
import type { UpStep } from '../../controller/lifecycle/up.ts';
import type { Topology } from '../../topology/index.ts';
import { countLinkSteps, formatPlanLines } from './plan-format.ts';

/** Shows how far `up` is. */
export interface UpProgress {
  onStep(step: UpStep): void;
  /** Call once, when `up` has returned or failed; resolves when the last word is on the screen. */
  end(failure?: Error): Promise<void>;
}

/** A live tree on a terminal; elsewhere plain lines on standard error, so that standard output is the log's alone. */
export function showUpProgress(topology: Topology): UpProgress {
  return isInteractiveTerminal() ? new LiveUpProgress(topology) : new PlainUpProgress(topology);
}

/** Whether somebody looks on who sees a line change. */
export function isInteractiveTerminal(): boolean {
  return process.stdout.isTTY && process.stderr.isTTY && process.env.CI === undefined && process.env.TERM !== 'dumb';
}

class PlainUpProgress implements UpProgress {
  readonly #topology: Topology;
  #linksToSeed = 0;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  onStep(onStep: UpStep): void {
    const { nodes, links } = this.#topology;
    if (onStep.step === 'image') writeToStderr(`image    ${formatImage(onStep)}`);
    else if (onStep.step === 'network') writeToStderr(`network  ${formatNetwork(onStep)}`);
    else if (onStep.step === 'listening' && onStep.done === nodes.length)
      writeToStderr(`nodes    ${formatListening(onStep.done, nodes.length)}`);
    else if (onStep.step === 'plan') {
      this.#linksToSeed = countLinkSteps(onStep.steps);
      if (onStep.change) for (const line of formatPlanLines(onStep.steps, process.stderr)) writeToStderr(line);
    } else if (onStep.step === 'seeded' && onStep.done === this.#linksToSeed)
      writeToStderr(`links    ${this.#linksToSeed} seeded`);
    else if (onStep.step === 'verified' && onStep.done === links.length && onStep.done > 0)
      writeToStderr(`links    ${onStep.done} of ${links.length} verified`);
    else if (onStep.step === 'removing') writeToStderr('removing what was made');
  }

  async end(): Promise<void> {}
}

/** As much of the library's task as is used here. */
interface ListrTaskHandle {
  title?: string;
  output?: string;
}

/** A line of the tree: a task that ends when it is told to. */
export class ProgressTask {
  #task: ListrTaskHandle | undefined;
  finish: () => void = () => {};
  fail: (why: Error) => void = () => {};
  readonly #completion = new Promise<void>((finish, fail) => {
    this.finish = finish;
    this.fail = fail;
  });

  #title: string;
  #output = '';

  constructor(title: string) {
    this.#title = title;
    this.#completion.catch(() => {}); // Shown by the tree.
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

  toListrTask(): ListrTask {
    return {
      title: this.#title,
      task: (_, task) => {
        this.#task = task as unknown as ListrTaskHandle;
        if (this.#output !== '') this.#task.output = this.#output;
        this.#task.title = this.#title; // It may have changed before the tree began to draw.
        return this.#completion;
      },
      rendererOptions: { persistentOutput: true, outputBar: Number.POSITIVE_INFINITY },
    };
  }
}

/** Four lines that fill up side by side; each ends when its part is complete. */
class LiveUpProgress implements UpProgress {
  readonly #topology: Topology;
  readonly #tasks = {
    image: new ProgressTask('image'),
    network: new ProgressTask('network'),
    nodes: new ProgressTask('nodes'),
    links: new ProgressTask('links'),
  };
  readonly #running: Promise<unknown>;
  #nodesToStart = 0;
  #linksToSeed = 0;

  constructor(topology: Topology) {
    this.#topology = topology;
    const list = new Listr(
      Object.values(this.#tasks).map((part) => part.toListrTask()),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: true, showErrorMessage: false },
      },
    );
    this.#running = list.run().catch(() => {}); // What failed is reported by whoever called `up`.
  }

  onStep(onStep: UpStep): void {
    const { nodes, links } = this.#topology;
    const parts = this.#tasks;
    if (onStep.step === 'image') {
      parts.image.title = `image    ${formatImage(onStep)}`;
      parts.image.finish();
    } else if (onStep.step === 'plan') {
      this.#nodesToStart = onStep.steps.filter((one) => one.do === 'make node').length;
      this.#linksToSeed = countLinkSteps(onStep.steps);
      if (onStep.change) parts.network.output = formatPlanLines(onStep.steps).join('\n');
    } else if (onStep.step === 'network') {
      if (parts.image.title === 'image') parts.image.title = 'image    as the topology names them';
      parts.image.finish();
      parts.network.title = `network  ${formatNetwork(onStep)}`;
      parts.network.finish();
    } else if (onStep.step === 'started') {
      parts.nodes.title = `nodes    ${onStep.done} of ${this.#nodesToStart} started`;
    } else if (onStep.step === 'listening') {
      parts.nodes.title = `nodes    ${formatListening(onStep.done, nodes.length)}`;
      if (onStep.done === nodes.length) parts.nodes.finish();
    } else if (onStep.step === 'seeded') {
      parts.links.title = `links    ${onStep.done} of ${this.#linksToSeed} seeded`;
    } else if (onStep.step === 'verified') {
      parts.links.title = `links    ${onStep.done} of ${links.length} verified`;
      if (onStep.done === links.length) parts.links.finish();
    } else {
      for (const part of Object.values(parts)) part.fail(onStep.why);
    }
  }

  async end(failure?: Error): Promise<void> {
    for (const part of Object.values(this.#tasks)) failure ? part.fail(failure) : part.finish();
    await this.#running;
  }
}

function formatImage({ image }: Extract<UpStep, { step: 'image' }>): string {
  return `${image.reference} (${image.built ? `built now on an ${image.base}`.replace('an base', 'a base') : image.base})`;
}

function formatNetwork({ subnet, internal }: Extract<UpStep, { step: 'network' }>): string {
  return `${subnet}${internal ? ', internal: no way out of this machine' : ', open to the outside'}`;
}

function formatListening(done: number, all: number): string {
  return `${done} of ${all} listening`;
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
