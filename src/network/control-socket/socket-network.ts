import type { ExecStreams } from '../../engine/exec.ts';
import type { ResourceUsage } from '../../engine/resource-usage.ts';
import { currentUser } from '../../shared/current-user.ts';
import { DevnetError } from '../../shared/errors.ts';
import { wallClockOffset } from '../../shared/time/clock-offset.ts';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';
import type { DirectedLinkConditions, Link, Topology } from '../../topology/model/topology.ts';
import { type Capability, RUNTIME_CAPABILITIES, type RuntimeName } from '../capabilities.ts';
import { type Dialer, errorWithCode } from '../dialer.ts';
import { type Fault, type FaultHandle, type FaultId, newFaultName } from '../fault.ts';
import type { LinkMeasurement, MeasureLinksOptions } from '../links/link-measurement.ts';
import type { LogEntry } from '../log-entry.ts';
import type {
  CapturedPart,
  CaptureOptions,
  NodeAddress,
  ReadLogOptions,
  RelinkOptions,
  RunningNetwork,
  RunningNode,
  StartNodeOptions,
  StatusOptions,
} from '../running-network.ts';
import type { UpStep } from '../runtime.ts';
import type { ChangeOptions, NetworkChange } from './changeable-network.ts';
import { ClientCall } from './client-call.ts';
import {
  type CaptureItem,
  type ExecArgs,
  type ExecInput,
  encodeError,
  type FaultReply,
  type NetworkDescription,
  type PlainMethod,
} from './control-protocol.ts';

/** Attaches to a network of another process. @throws DevnetError `no_such_devnet`, `network_stuck`, `usage`, `host_limit` */
export async function attachSocketNetwork(name: string): Promise<RunningNetwork> {
  return new SocketNetwork((await ClientCall.run(name, 'describe', [])) as NetworkDescription);
}

/** A network that another process runs, through its control socket. */
class SocketNetwork implements RunningNetwork {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly capabilities: ReadonlySet<Capability>;
  topology: Topology;
  readonly addresses: ReadonlyMap<string, NodeAddress>;
  readonly dialer: Dialer;

  constructor({ name, runtime, topology, addresses }: NetworkDescription) {
    this.name = name;
    this.runtime = runtime;
    this.capabilities = RUNTIME_CAPABILITIES[runtime];
    this.topology = topology;
    this.addresses = new Map(addresses);
    this.dialer = createSocketDialer(name);
  }

  async clockOffset() {
    return wallClockOffset(); // The socket is on this machine, and so are the nodes.
  }

  nodes() {
    return this.#call('nodes');
  }

  summary() {
    return this.#call('summary');
  }

  status(options: StatusOptions = {}) {
    return this.#call('status', options);
  }

  async readLog({ signal, ...options }: ReadLogOptions): Promise<AsyncIterable<LogEntry[]>> {
    const call = await ClientCall.open(this.name, 'readLog', [options], signal);
    await call.nextItem(); // Sent once nothing can be missed.
    return (async function* () {
      try {
        for (;;) {
          const batch = await call.nextItem();
          if (!batch) return;
          yield batch.item as LogEntry[];
        }
      } catch (cause) {
        if (!signal?.aborted) throw cause;
      } finally {
        call.close();
      }
    })();
  }

  kill(node: string) {
    return this.#call('kill', node);
  }

  stop(node: string) {
    return this.#call('stop', node);
  }

  pause(node: string) {
    return this.#call('pause', node);
  }

  unpause(node: string, options?: StartNodeOptions) {
    return this.#callAbortable('unpause', node, options);
  }

  start(node: string, options?: StartNodeOptions) {
    return this.#callAbortable('start', node, options);
  }

  restart(node: string, options?: StartNodeOptions) {
    return this.#callAbortable('restart', node, options);
  }

  async exec(node: string, command: readonly string[], streams: ExecStreams): Promise<number> {
    const { stdin, terminal } = streams;
    const size = terminal?.size();
    const args: ExecArgs = [
      node,
      command,
      { hasInput: stdin !== undefined, ...(terminal ? { terminal: size ? { size } : {} } : {}) },
    ];
    const call = await ClientCall.open(this.name, 'exec', args);
    const stop = sendInput(call, streams);
    try {
      return (await call.finish((item) => writeOutput(item as ExecOutput, streams))) as number;
    } finally {
      stop();
    }
  }

  async watchUsage(onUsage: (node: string, usage: ResourceUsage) => void, signal: AbortSignal): Promise<void> {
    const onItem = (item: unknown) => onUsage(...(item as [string, ResourceUsage]));
    try {
      await ClientCall.run(this.name, 'watchUsage', [], { signal, onItem });
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }

  async capturePackets({ filter, signal }: CaptureOptions): Promise<AsyncIterable<CapturedPart>> {
    const call = await ClientCall.open(this.name, 'capturePackets', [filter ?? null]);
    try {
      await call.nextItem(); // Sent once nothing can be missed.
    } catch (cause) {
      call.close();
      throw cause;
    }
    const stop = () => void call.answer({}).catch(() => {}); // The call has ended, which iterating says.
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    return (async function* () {
      try {
        for (;;) {
          const next = await call.nextItem();
          if (!next) return;
          const { bytes, dropped = 0 } = next.item as CaptureItem;
          yield bytes === undefined ? { dropped } : { bytes: Buffer.from(bytes, 'base64') };
        }
      } catch (cause) {
        // The network was taken down.
        if (!(cause instanceof DevnetError) || cause.code !== 'no_such_devnet') throw cause;
      } finally {
        signal.removeEventListener('abort', stop);
        call.close();
      }
    })();
  }

  prepareFaults(faults: readonly Fault[]) {
    return this.#call('prepareFaults', faults);
  }

  async inject(fault: Fault, id?: FaultId): Promise<FaultHandle> {
    // The process that injects it may be a supervisor, whose user has another name in its namespace.
    const args = [fault, { by: currentUser(), ...(id ?? { name: newFaultName(fault) }) }];
    const { handle, ...injected } = (await ClientCall.run(this.name, 'inject', args)) as FaultReply;
    return { ...injected, heal: async () => void (await ClientCall.run(this.name, 'healInjected', [handle])) };
  }

  heal(names?: readonly string[]) {
    return names === undefined ? this.#call('heal') : this.#call('heal', names);
  }

  activeFaults() {
    return this.#call('activeFaults');
  }

  linkConditions() {
    return this.#call('linkConditions');
  }

  async measureLinks({ signal, progress, ...options }: MeasureLinksOptions = {}): Promise<LinkMeasurement[]> {
    const onItem = (item: unknown) => progress?.(...(item as [number, number]));
    const measured = await ClientCall.run(this.name, 'measureLinks', [options], { signal, onItem });
    return measured as LinkMeasurement[];
  }

  async declareLinks(
    links: readonly Link[],
    apply: (nodes: readonly RunningNode[]) => Promise<void>,
    conditions?: readonly DirectedLinkConditions[],
  ): Promise<void> {
    let failure: unknown;
    const onItem = async (nodes: unknown, call: ClientCall) => {
      try {
        await apply(nodes as RunningNode[]);
        await call.answer({});
      } catch (cause) {
        failure = cause;
        await call.answer({ error: encodeError(cause) });
      }
    };
    try {
      await ClientCall.run(this.name, 'declareLinks', [links, conditions], { onItem });
    } catch (cause) {
      throw failure ?? cause;
    }
    this.#setDeclared(links, conditions);
  }

  async relink(links: readonly Link[], { timeoutMs, signal, conditions }: RelinkOptions): Promise<void> {
    await ClientCall.run(this.name, 'relink', [links, timeoutMs, conditions], { signal });
    this.#setDeclared(links, conditions);
  }

  linkReport() {
    return this.#call('linkReport');
  }

  versions() {
    return this.#call('versions');
  }

  keep() {
    return this.#call('keep');
  }

  down() {
    return removeServedNetwork(this.name);
  }

  close(): void {
    this.dialer.close();
  }

  #setDeclared(links: readonly Link[], conditions: readonly DirectedLinkConditions[] | undefined): void {
    this.topology = { ...this.topology, links: [...links], ...(conditions ? { conditions: [...conditions] } : {}) };
  }

  #call<M extends PlainMethod>(method: M, ...args: Parameters<RunningNetwork[M]>): ReturnType<RunningNetwork[M]> {
    return ClientCall.run(this.name, method, args) as ReturnType<RunningNetwork[M]>;
  }

  async #callAbortable(
    method: 'start' | 'unpause' | 'restart',
    node: string,
    { signal, ...options }: StartNodeOptions = {},
  ): Promise<void> {
    await ClientCall.run(this.name, method, [node, options], { signal });
  }
}

/** Output of a command, in base64. */
type ExecOutput = Partial<Record<'stdout' | 'stderr', string>>;

/** @throws DevnetError `interrupted` when it cannot be written any more */
async function writeOutput(output: ExecOutput, streams: ExecStreams): Promise<void> {
  for (const name of ['stdout', 'stderr'] as const) {
    const base64 = output[name];
    if (base64 === undefined) continue;
    await new Promise<void>((resolve, reject) =>
      streams[name].write(Buffer.from(base64, 'base64'), (cause) =>
        cause ? reject(new DevnetError('interrupted', 'output closed by its reader', { cause })) : resolve(),
      ),
    );
  }
}

/** Sends a command its input and the sizes of its terminal. Returns a function that ends it. */
function sendInput(call: ClientCall, { stdin, terminal }: ExecStreams): () => void {
  const send = (input: ExecInput) => call.answer(input);
  let isOver = false;
  const onData = async (chunk: Buffer) => {
    stdin?.pause();
    await send({ input: chunk.toString('base64') });
    if (!isOver) stdin?.resume();
  };
  const onEnd = () => void send({ inputEnded: true });
  const onResize = () => {
    const size = terminal?.size();
    if (size) void send({ size });
  };
  stdin?.on('data', onData).on('end', onEnd);
  const stopResizing = terminal?.onResize(onResize);
  return () => {
    isOver = true;
    stopResizing?.();
    stdin?.off('data', onData).off('end', onEnd).pause();
  };
}

/** Has another process change its network into the declared one. @throws what `change` throws; DevnetError `usage` where it cannot */
export async function changeServedNetwork(
  topology: Topology,
  { timeoutMs, signal, onProgress }: Omit<ChangeOptions, 'signal'> & { signal?: AbortSignal | undefined },
): Promise<NetworkChange> {
  const onItem = (step: unknown) => onProgress(step as UpStep);
  return (await ClientCall.run(topology.name, 'change', [topology, timeoutMs], { signal, onItem })) as NetworkChange;
}

/** Takes a network of another process down; does nothing when it is gone. @throws DevnetError `network_stuck`, `usage` */
export async function removeServedNetwork(name: string): Promise<void> {
  try {
    await ClientCall.run(name, 'down', []);
  } catch (cause) {
    // A network that lives in a process ends with it.
    if (!(cause instanceof DevnetError) || cause.code !== 'no_such_devnet') throw cause;
  }
}

/** Dials nodes from the process that runs them: their network may be one that only that process is on. */
function createSocketDialer(name: string): Dialer {
  return {
    async connect(host, port, timeoutMs) {
      const timeout = new AbortController();
      const cancel = setTimeoutAfterIo(timeoutMs, () => timeout.abort(errorWithCode('ETIMEDOUT')));
      try {
        const call = await ClientCall.open(name, 'dial', [host, port, timeoutMs], timeout.signal);
        await call.nextItem();
        return call.detach();
      } finally {
        cancel();
      }
    },
    close() {},
  };
}
