import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { createContainer, startContainer } from '../engine/containers.ts';
import type { Engine } from '../engine/engine.ts';
import { watchContainers } from '../engine/events.ts';
import { imageId, pullImage } from '../engine/images.ts';
import type { Network } from '../engine/networks.ts';
import { ensureNodeImage, type NodeImage } from '../engine/node-image.ts';
import { DevnetError } from '../errors.ts';
import type { Topology } from '../topology/topology.ts';
import { down } from './down.ts';
import { type Drift, describeDrift, findDrift, isFree } from './drift.ts';
import { checkHost } from './host-limits.ts';
import { encodeTopology, LABEL, labelsFor, recordName } from './labels.ts';
import { lastWords, obituary } from './last-words.ts';
import { makeNetwork } from './make-network.ts';
import { nodeContainer, planAddresses } from './node-spec.ts';
import { type Observed, observe } from './observe.ts';
import { Seeding } from './seed.ts';

/** Containers being made at once: where the engine on a few cores is fastest. */
const PARALLEL = 8;

export interface UpOptions {
  /** How long a node may take to listen once it was started, and the links to stand once all were seeded, milliseconds. */
  timeout?: number;
  /** On failure leave what was made, to look at. */
  keep?: boolean;
  /** Its reason becomes the error; what was made is removed as after any failure. */
  signal?: AbortSignal;
  progress?: (step: UpStep) => void;
}

/** What `up` has just done; counts grow to the topology's. */
export type UpStep =
  | { step: 'image'; image: NodeImage }
  | { step: 'network'; subnet: string; internal: boolean }
  | { step: 'started'; done: number }
  | { step: 'listening'; done: number }
  | { step: 'seeded'; done: number }
  | { step: 'verified'; done: number }
  | { step: 'removing'; why: Error };

export interface UpResult {
  devnet: Observed;
  /** Free of differences, but it names the links that no node can vouch for. */
  drift: Drift;
}

/**
 * Brings a topology up and returns when every declared link is seen in the nodes' own answers.
 *
 * All of it overlaps: a node is dialed while others are still being made, a link is seeded once both its ends listen — so
 * that the first dial succeeds — and a node's links are verified as soon as its last one was seeded.
 * @throws DevnetError `name_taken`, `subnet_taken`, `image_missing`, `node_died`, `node_silent`, `not_verified`,
 *   `engine_gone`, …; whatever was made is removed first, unless `keep`
 */
export async function up(engine: Engine, topology: Topology, options: UpOptions = {}): Promise<UpResult> {
  const progress = options.progress ?? (() => {});
  await checkHost(topology);
  const bundled = await ensureImages(engine, topology, progress);
  options.signal?.throwIfAborted();

  const run = randomUUID();
  await makeRecord(engine, topology, run, bundled);
  const failing = new AbortController();
  setMaxListeners(0, failing.signal); // One for each node that is being waited for.
  const outside = () => failing.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', outside, { once: true });
  if (options.signal?.aborted) outside();
  const attempt = new Attempt(engine, topology, run, bundled, options.timeout ?? 30_000, failing, progress);
  try {
    const drift = await attempt.carryOut();
    const devnet = await observe(engine, topology.name);
    if (!devnet) throw new DevnetError('engine_failed', `the devnet "${topology.name}" was removed while it came up`);
    return { devnet, drift };
  } catch (cause) {
    const why = cause instanceof Error ? cause : new Error(String(cause));
    if (!options.keep) {
      progress({ step: 'removing', why });
      try {
        await removeAttempt(engine, topology.name, run);
      } catch (remains) {
        throw withRemains(why, topology.name, remains);
      }
    }
    throw why;
  } finally {
    options.signal?.removeEventListener('abort', outside);
  }
}

/** One try at bringing nodes and links up; whichever part fails first ends all others. */
class Attempt {
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #run: string;
  readonly #bundled: string;
  readonly #timeout: number;
  readonly #failing: AbortController;
  readonly #progress: (step: UpStep) => void;

  constructor(
    engine: Engine,
    topology: Topology,
    run: string,
    bundled: string,
    timeout: number,
    failing: AbortController,
    progress: (step: UpStep) => void,
  ) {
    this.#engine = engine;
    this.#topology = topology;
    this.#run = run;
    this.#bundled = bundled;
    this.#timeout = timeout;
    this.#failing = failing;
    this.#progress = progress;
  }

  async carryOut(): Promise<Drift> {
    const { signal } = this.#failing;
    const over = new AbortController();
    const watched = AbortSignal.any([signal, over.signal]);
    await this.#watchForDeaths(watched);
    const making: Promise<unknown>[] = [];
    try {
      const network = await makeNetwork(this.#engine, this.#topology, this.#run);
      this.#progress({ step: 'network', subnet: network.subnet, internal: network.internal });
      return await this.#bringUp(network, making);
    } catch (failure) {
      this.#failing.abort(failure);
      // Whatever is being made at this moment must be there before it can be removed.
      await Promise.allSettled(making);
      throw signal.reason;
    } finally {
      over.abort();
    }
  }

  async #bringUp(network: Network, making: Promise<unknown>[]): Promise<Drift> {
    const { signal } = this.#failing;
    const addresses = planAddresses(this.#topology, network);
    const targets = this.#topology.nodes.map((node) => ({
      node: node.name,
      target: { host: addresses.get(node.name) as string, port: node.port, from: network.gateway },
    }));
    const seeding = new Seeding(targets, this.#topology.links, this.#timeout, signal, this.#progress);
    const limit = pLimit(PARALLEL);
    let started = 0;
    const nodes = this.#topology.nodes.map((node) => {
      const made = limit(async () => {
        signal.throwIfAborted();
        const address = addresses.get(node.name) as string;
        const spec = nodeContainer(this.#topology.name, this.#run, node, address, network, this.#bundled);
        const id = await createContainer(this.#engine, spec);
        signal.throwIfAborted();
        await startContainer(this.#engine, id, node.name);
        this.#progress({ step: 'started', done: ++started });
        return id;
      });
      making.push(made);
      return made.then((id) => this.#followUp(seeding, node.name, node.port, id));
    });
    try {
      await raceAbort(Promise.all(nodes), signal);
      const reports = await raceAbort(seeding.verified(), signal);
      const listening = new Map(targets.map(({ node, target }) => [node, `${target.host}:${target.port}`]));
      const drift = findDrift(this.#topology.links, listening, reports);
      if (isFree(drift)) return drift;
      throw new DevnetError(
        'not_verified',
        `the graph is not the declared one after ${this.#timeout / 1000} s\n  ${describeDrift(drift).join('\n  ')}`,
        {
          hint: `--keep leaves it up to look at; --timeout SECONDS waits longer`,
        },
      );
    } finally {
      for (const node of nodes) node.catch(() => {}); // The first failure is the one that counts.
      seeding.close();
    }
  }

  async #followUp(seeding: Seeding, node: string, port: number, id: string): Promise<void> {
    if (await seeding.listens(node)) return;
    const words = await lastWords(this.#engine, id);
    throw new DevnetError(
      'node_silent',
      `${node} runs, but nothing listens on its port ${port} after ${this.#timeout / 1000} s${words === '' ? '; it wrote nothing' : `; its last lines:${words}`}`,
      { hint: `check \`port\` of ${node} in the topology; --timeout SECONDS waits longer` },
    );
  }

  /** A node that dies is named at once, whatever is being waited for. */
  async #watchForDeaths(signal: AbortSignal): Promise<void> {
    await watchContainers(
      this.#engine,
      `${LABEL.run}=${this.#run}`,
      signal,
      ({ action, id, labels }) => {
        const node = labels[LABEL.node];
        if (action !== 'die' || node === undefined) return;
        obituary(this.#engine, id).then(
          (how) => this.#failing.abort(new DevnetError('node_died', `${node} ${how}`)),
          (failure: unknown) => this.#failing.abort(failure),
        );
      },
      (failure) => this.#failing.abort(failure),
    );
  }
}

/** @returns the bundled node's image, or that of the first node where none is the bundled one */
async function ensureImages(engine: Engine, topology: Topology, progress: (step: UpStep) => void): Promise<string> {
  const others = new Set(topology.nodes.flatMap(({ image }) => image ?? []));
  for (const reference of others) {
    if (await imageId(engine, reference)) continue;
    const refusal = await pullImage(engine, reference);
    if (refusal === undefined) continue;
    const users = topology.nodes.filter(({ image }) => image === reference).map(({ name }) => name);
    throw new DevnetError(
      'image_missing',
      `${users.join(', ')}: there is no image "${reference}" on the engine, and ${refusal}`,
      {
        hint: `docker build -t ${reference} … , or docker load it`,
      },
    );
  }
  if (topology.nodes.every(({ image }) => image !== undefined)) return topology.nodes[0]?.image as string;
  const image = await ensureNodeImage(engine);
  progress({ step: 'image', image });
  return image.reference;
}

/** Takes the devnet's name: the engine gives a container's name away once. */
async function makeRecord(engine: Engine, topology: Topology, run: string, image: string): Promise<void> {
  const { name } = topology;
  try {
    await createContainer(engine, {
      name: recordName(name),
      image,
      // Never run; but the engine makes no container without something to run.
      command: ['record'],
      hostname: name,
      env: {},
      labels: { ...labelsFor(name, run, 'record'), [LABEL.topology]: encodeTopology(topology) },
      memory: 8 * 1024 * 1024,
      pids: 1,
      writable: false,
      capabilities: [],
    });
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
    throw new DevnetError('name_taken', `a devnet "${name}" is up already, or coming up`, {
      hint: `devnet status ${name} shows it; devnet down ${name} removes it; --name brings up another beside it`,
      cause,
    });
  }
}

/** The failure that counts is the first one; that cleaning up failed too only adds what is left to do. */
function withRemains(why: Error, name: string, remains: unknown): Error {
  const code = why instanceof DevnetError ? why.code : 'engine_failed';
  const reason = remains instanceof Error ? remains.message : String(remains);
  return new DevnetError(code, `${why.message}\n  and what was made could not be removed: ${reason}`, {
    hint: `devnet down ${name}, once the engine answers`,
    cause: why,
  });
}

async function removeAttempt(engine: Engine, name: string, run: string): Promise<void> {
  const left = await observe(engine, name);
  if (left?.run === run) await down(engine, left);
}

/** Settles as `work` does, or rejects with the signal's reason as soon as that aborts. */
async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
