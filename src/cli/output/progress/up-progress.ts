import type { Runtime, StartedNetwork, StartOptions, UpStep } from '../../../network/runtime.ts';
import { startNetwork } from '../../../runtimes/start-network.ts';
import type { Topology } from '../../../topology/index.ts';
import { writeToStderr } from '../format.ts';
import { countLinkSteps, formatPlanLines } from '../plan-format.ts';
import { isInteractiveTerminal, ProgressTask } from './progress-task.ts';

/** Shows the progress of `up`. */
interface UpProgress {
  onStep(step: UpStep): void;
  /** To be called once, when `up` has returned or failed; resolves when the last line is on the screen. */
  end(failure?: Error): Promise<void>;
}

/** Starts a network and shows the progress. @throws what the start throws */
export async function startWithProgress(
  runtime: Runtime,
  topology: Topology,
  options: StartOptions,
): Promise<StartedNetwork> {
  // Nodes in this process are up before there is any progress to show.
  if (runtime.name === 'process') return startNetwork(runtime, topology, options);
  const progress = await showUpProgress(topology);
  try {
    const started = await startNetwork(runtime, topology, { ...options, onProgress: (step) => progress.onStep(step) });
    await progress.end();
    return started;
  } catch (cause) {
    await progress.end(cause as Error);
    throw cause;
  }
}

/** Writes what is not as usual about a network that was started, to standard error. */
export function printNotes({ notes = [] }: Pick<StartedNetwork, 'notes'>): void {
  for (const note of notes) writeToStderr(`  ${note}`);
}

/** Shows a live tree on a terminal, and plain lines on standard error elsewhere: standard output belongs to the log. */
async function showUpProgress(topology: Topology): Promise<UpProgress> {
  if (!isInteractiveTerminal()) return new PlainUpProgress(topology);
  // Loaded only here: listr2 takes as long to load as everything else.
  return new LiveUpProgress(topology, await import('listr2'));
}

class PlainUpProgress implements UpProgress {
  readonly #topology: Topology;
  #linksToSeed = 0;

  constructor(topology: Topology) {
    this.#topology = topology;
  }

  onStep(step: UpStep): void {
    const { nodes, links } = this.#topology;
    if (step.step === 'image') writeToStderr(`image    ${formatImage(step)}`);
    else if (step.step === 'image to host') writeToStderr(`image    ${formatImageToHost(step)}`);
    else if (step.step === 'network') writeToStderr(`network  ${formatNetwork(step)}`);
    else if (step.step === 'listening' && step.done === nodes.length)
      writeToStderr(`nodes    ${formatListening(step.done, nodes.length)}`);
    else if (step.step === 'plan') {
      this.#linksToSeed = countLinkSteps(step.steps);
      if (step.change) for (const line of formatPlanLines(step.steps, process.stderr)) writeToStderr(line);
    } else if (step.step === 'seeded' && step.done === this.#linksToSeed)
      writeToStderr(`links    ${this.#linksToSeed} seeded`);
    else if (step.step === 'verified' && step.done === links.length && step.done > 0)
      writeToStderr(`links    ${formatVerifiedLinks(links.length, step.done - step.listed, step.listed)}`);
    else if (step.step === 'removing') writeToStderr('removing what was started');
  }

  async end(): Promise<void> {}
}

/** Shows four lines side by side, each of which ends when its part is complete. */
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

  constructor(topology: Topology, { Listr }: typeof import('listr2')) {
    this.#topology = topology;
    const list = new Listr(
      Object.values(this.#tasks).map((task) => task.toListrTask()),
      {
        concurrent: true,
        exitOnError: false,
        registerSignalListeners: false,
        rendererOptions: { collapseErrors: true, showErrorMessage: false },
      },
    );
    this.#running = list.run().catch(() => {}); // The caller of `up` reports the error.
  }

  onStep(step: UpStep): void {
    const { nodes, links } = this.#topology;
    const tasks = this.#tasks;
    if (step.step === 'image') {
      tasks.image.title = `image    ${formatImage(step)}`;
      tasks.image.finish();
    } else if (step.step === 'image to host') {
      tasks.network.title = `network  after the images: ${formatImageToHost(step)}`;
    } else if (step.step === 'plan') {
      this.#nodesToStart = step.steps.filter((one) => one.do === 'make node').length;
      this.#linksToSeed = countLinkSteps(step.steps);
      if (step.change) tasks.network.output = formatPlanLines(step.steps).join('\n');
    } else if (step.step === 'network') {
      if (tasks.image.title === 'image') tasks.image.title = 'image    named by the topology';
      tasks.image.finish();
      tasks.network.title = `network  ${formatNetwork(step)}`;
      tasks.network.finish();
    } else if (step.step === 'started') {
      tasks.nodes.title = `nodes    ${step.done} of ${this.#nodesToStart} started`;
    } else if (step.step === 'listening') {
      tasks.nodes.title = `nodes    ${formatListening(step.done, nodes.length)}`;
      if (step.done === nodes.length) tasks.nodes.finish();
    } else if (step.step === 'seeded') {
      tasks.links.title = `links    ${step.done} of ${this.#linksToSeed} seeded`;
    } else if (step.step === 'verified') {
      tasks.links.title = `links    ${formatVerifiedLinks(links.length, step.done - step.listed, step.listed)}`;
      if (step.done === links.length) tasks.links.finish();
    } else {
      for (const task of Object.values(tasks)) task.fail(step.why);
    }
  }

  async end(failure?: Error): Promise<void> {
    for (const task of Object.values(this.#tasks)) failure ? task.fail(failure) : task.finish();
    await this.#running;
  }
}

function formatImage({ image }: Extract<UpStep, { step: 'image' }>): string {
  return `${image.reference} (${image.built ? `built now on an ${image.base}`.replace('an base', 'a base') : image.base})`;
}

/** Formats how an image gets to a host: `pulling app:1 on beta by its digest, from localhost:5000`. */
export function formatImageToHost(step: Omit<Extract<UpStep, { step: 'image to host' }>, 'step'>): string {
  const { image, host, sent, registry, refusal } = step;
  if (sent) return `${image} is on ${host} now`;
  if (registry !== undefined) return `pulling ${image} on ${host} by its digest, from ${registry}`;
  return `sending ${image} to ${host}${refusal === undefined ? '' : `, which could not pull it: ${refusal}`}`;
}

function formatNetwork({ subnet, internal }: Extract<UpStep, { step: 'network' }>): string {
  return `${subnet}${internal ? ', closed: nodes reach only each other' : ', open: nodes reach this machine and beyond'}`;
}

/** Formats how many links are known to be connected: `80 of 84 verified, 4 listed only`. */
export function formatVerifiedLinks(total: number, verified: number, listed: number): string {
  return `${verified} of ${total} verified${listed === 0 ? '' : `, ${listed} listed only`}`;
}

function formatListening(done: number, total: number): string {
  return `${done} of ${total} listening`;
}
