import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { down } from '../devnet/down.ts';
import { type Healed, heal } from '../devnet/faults/heal.ts';
import { inject } from '../devnet/faults/inject.ts';
import type { LogEntry } from '../devnet/log-entry.ts';
import { type Observed, observe } from '../devnet/observe.ts';
import type { Reaper } from '../devnet/reaper.ts';
import { draftRecord, dropRecord, olderRecords, settleRecord } from '../devnet/record.ts';
import { revive } from '../devnet/revive.ts';
import { openRoute, type Route } from '../devnet/route.ts';
import { findNode } from '../devnet/send.ts';
import { tailLogs } from '../devnet/tail.ts';
import { up } from '../devnet/up.ts';
import { ofContainers } from '../dump/source.ts';
import { killContainer, pauseContainer, stopContainer } from '../engine/containers.ts';
import { connectEngine, type Engine } from '../engine/engine.ts';
import { execIn } from '../engine/exec.ts';
import { DevnetError } from '../errors.ts';
import type { Fault } from '../scenario/fault.ts';
import type { Link, Topology } from '../topology/index.ts';
import type { Backend, BackendNode, EntryOptions, ExecResult, Injected } from './backend.ts';
import type { BackendSource, UpFailed } from './failure.ts';

/** How long a node may take to end when it is asked to, seconds; then it is made to. */
const GRACE = 5;

interface UpInContainers {
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal;
  /** On failure leave what was made, to look at. */
  keep: boolean;
  failed: UpFailed;
}

/**
 * Brings a topology up in containers, and returns once the links stand.
 * @throws DevnetError what `up` throws
 */
export async function upInContainers(
  topology: Topology,
  { timeout, signal, keep, failed }: UpInContainers,
): Promise<Backend> {
  const engine = await connectEngine();
  let reaper: Reaper | undefined;
  const owned = (made: Reaper) => {
    reaper = made;
  };
  const options = {
    timeout,
    signal,
    keep,
    owned,
    failed: async (why: Error) => {
      const left = await observe(engine, topology.name);
      if (left) await failed(why, ofContainers(engine, left));
    },
  };
  const { devnet } = await up(engine, topology, options).catch(async (cause: unknown) => {
    await (keep ? reaper?.dismiss() : reaper?.release());
    throw cause;
  });
  try {
    if (!devnet.network) throw goneElsewhere(topology.name);
    const route = await openRoute(engine, devnet.network, devnet.relayId);
    return new ContainerBackend(engine, topology, devnet, route, reaper);
  } catch (cause) {
    await down(engine, devnet);
    reaper?.release();
    throw cause;
  }
}

class ContainerBackend implements Backend {
  readonly engine = 'containers';
  topology: Topology;
  readonly route: Route;
  readonly #engine: Engine;
  readonly #run: string;
  readonly #reaper: Reaper | undefined;

  constructor(engine: Engine, topology: Topology, { run }: Observed, route: Route, reaper: Reaper | undefined) {
    this.#reaper = reaper;
    this.#engine = engine;
    this.topology = topology;
    this.#run = run;
    this.route = route;
  }

  async nodes(): Promise<BackendNode[]> {
    return nodesOf(await this.#observed());
  }

  async *entries(options: EntryOptions): AsyncGenerator<LogEntry[]> {
    yield* tailLogs(this.#engine, await this.#observed(), options);
  }

  async kill(node: string): Promise<void> {
    await killContainer(this.#engine, await this.#containerId(node), node);
  }

  async stop(node: string): Promise<void> {
    await stopContainer(this.#engine, await this.#containerId(node), node, GRACE);
  }

  async pause(node: string): Promise<void> {
    await pauseContainer(this.#engine, await this.#containerId(node), node);
  }

  async start(node: string, timeout: number, signal: AbortSignal): Promise<void> {
    await revive(this.#engine, this.topology.name, node, { timeout, signal });
  }

  async inject(fault: Fault, name = `${fault.kind}-${randomBytes(3).toString('hex')}`): Promise<Injected> {
    return inject({ engine: this.#engine, devnet: await this.#observed() }, fault, { name });
  }

  async heal(names?: readonly string[]): Promise<Healed> {
    return heal({ engine: this.#engine, devnet: await this.#observed() }, names);
  }

  /** It is to stay, whatever becomes of this process. */
  async keep(): Promise<void> {
    await this.#reaper?.dismiss();
  }

  async exec(node: string, command: readonly string[]): Promise<ExecResult> {
    const [stdout, stderr] = [new Collected(), new Collected()];
    const exitCode = await execIn(this.#engine, await this.#containerId(node), command, { stdout, stderr });
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  async source(): Promise<BackendSource> {
    return ofContainers(this.#engine, await this.#observed());
  }

  async declare(links: readonly Link[], carryOut: (nodes: readonly BackendNode[]) => Promise<void>): Promise<void> {
    const topology = { ...this.topology, links: [...links] };
    const observed = await this.#observed();
    // Whoever looks at this devnet from elsewhere compares with its record; while that is a draft, nobody else changes it.
    const draft = await draftRecord(this.#engine, topology, observed.run, observed.nodes[0]?.imageId as string);
    const older = olderRecords(this.#engine, draft);
    older.catch(() => {}); // Told when it is needed.
    try {
      await carryOut(nodesOf(observed));
    } catch (cause) {
      await dropRecord(this.#engine, draft);
      throw cause;
    }
    await settleRecord(this.#engine, draft, await older);
    this.topology = topology;
  }

  async down(): Promise<void> {
    this.route.close();
    const left = await observe(this.#engine, this.topology.name);
    if (left?.run === this.#run) await down(this.#engine, left);
    this.#reaper?.release();
  }

  async #observed(): Promise<Observed> {
    const found = await observe(this.#engine, this.topology.name);
    if (found?.run !== this.#run) throw goneElsewhere(this.topology.name);
    return found;
  }

  async #containerId(node: string): Promise<string> {
    return findNode(await this.#observed(), node).containerId;
  }
}

function nodesOf({ nodes }: Observed): BackendNode[] {
  return nodes.map(({ name, state, address, port }) => ({ name, state, host: address, port }));
}

function goneElsewhere(name: string): DevnetError {
  return new DevnetError('no_such_devnet', `the devnet "${name}" is gone: it was taken down elsewhere`);
}

/** A stream that keeps what is written to it. */
class Collected extends Writable {
  readonly #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
