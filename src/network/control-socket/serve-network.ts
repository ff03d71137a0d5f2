import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { DevnetError } from '../../shared/errors.ts';
import type { DirectedLinkConditions, Link, Topology } from '../../topology/model/topology.ts';
import type { FaultHandle } from '../fault.ts';
import { relink } from '../reconcile/reconcile-links.ts';
import type { RunningNetwork, RunningNode } from '../running-network.ts';
import type { UpStep } from '../runtime.ts';
import type { ChangeableNetwork, NetworkChange } from './changeable-network.ts';
import { claimSocket } from './claim-socket.ts';
import { JsonLineConnection } from './connection.ts';
import {
  type AppliedLinks,
  type Call,
  type CaptureItem,
  CONTROL_PROTOCOL,
  CONTROL_VERSION,
  decodeError,
  type ExecArgs,
  type ExecInput,
  encodeError,
  type FaultReply,
  type Greeting,
  isPlainMethod,
  type NetworkDescription,
  type Reply,
} from './control-protocol.ts';
import { controlSocketFolder, ensureSocketFolder } from './socket-folder.ts';

/** A network that other processes can act on. */
export interface ServedNetwork {
  /** Removes the control socket. Calls under way go on. */
  close(): void;
  /** Resolves when no call is under way, and clients have read the replies. */
  drained(): Promise<void>;
}

/**
 * Lets other processes of this user act on a network of this process, through a control socket with the network's name.
 * @throws DevnetError `name_taken` when another process serves a network of this name; `host_limit`
 */
export async function serveNetwork(network: RunningNetwork): Promise<ServedNetwork> {
  const { name } = network;
  ensureSocketFolder();
  const server = new NetworkServer(network);
  const claimed = await claimSocket(controlSocketFolder(name), (socket) => void server.serve(socket));
  if (claimed) return { close: claimed.release, drained: () => server.drained() };
  throw new DevnetError('name_taken', `a network "${name}" is running already`, {
    hint: `devnet down ${name} removes it; --name starts another one beside it`,
  });
}

/** A call under way, and the client that made it. */
class CallContext {
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly #gone = new AbortController();
  readonly #connection: JsonLineConnection;
  #next: Promise<unknown>;

  constructor(connection: JsonLineConnection) {
    this.#connection = connection;
    this.signal = this.#gone.signal;
    this.#next = this.#receive();
  }

  /** Returns the next line from the client; undefined when it is gone. */
  async receive(): Promise<unknown> {
    const message = await this.#next;
    if (message !== undefined) this.#next = this.#receive();
    return message;
  }

  sendItem(item: unknown): Promise<void> {
    return this.#connection.send({ item } satisfies Reply);
  }

  /** Returns a stream that sends what is written to it, as items with one key. */
  outputStream(key: string): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.sendItem({ [key]: chunk.toString('base64') }).then(() => done(), done);
      },
    });
  }

  /** Reads all the time: only so the end of the connection is noticed. */
  async #receive(): Promise<unknown> {
    const message = await this.#connection.receive().catch(() => undefined);
    if (message === undefined) this.#gone.abort(new DevnetError('interrupted', 'the client closed the connection'));
    return message;
  }
}

class NetworkServer {
  readonly #network: RunningNetwork;
  /** Faults that clients injected and did not heal. */
  readonly #injected = new Map<number, FaultHandle>();
  readonly #connections = new Set<Socket>();
  #onDrained = () => {};
  #lastHandle = 0;

  constructor(network: RunningNetwork) {
    this.#network = network;
  }

  /** Resolves when every connection is closed. */
  async drained(): Promise<void> {
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
  }

  /** Serves the one call of a connection. */
  async serve(socket: Socket): Promise<void> {
    this.#connections.add(socket);
    socket.once('close', () => {
      this.#connections.delete(socket);
      if (this.#connections.size === 0) this.#onDrained();
    });
    // A client does not keep this process from ending.
    const connection = new JsonLineConnection(socket.unref());
    const reply = (message: Reply) => connection.send(message);
    try {
      const greeting: Greeting = { protocol: CONTROL_PROTOCOL, version: CONTROL_VERSION, pid: process.pid };
      await connection.send(greeting);
      const call = (await connection.receive()) as Call | undefined;
      if (call?.method === 'dial') return await this.#dial(call.args as [string, number, number], socket, reply);
      if (call) await reply({ result: await this.#perform(call, new CallContext(connection)) });
    } catch (cause) {
      await reply({ error: encodeError(cause) });
    }
    socket.destroySoon();
  }

  /** Connects a client to a node; from then on, bytes pass both ways. */
  async #dial(
    [host, port, timeoutMs]: [string, number, number],
    socket: Socket,
    reply: (message: Reply) => Promise<void>,
  ): Promise<void> {
    const node = await this.#network.dialer.connect(host, port, timeoutMs);
    node.on('error', () => socket.destroy()).on('close', () => socket.destroySoon());
    socket.on('close', () => node.destroy());
    if (socket.destroyed) node.destroy();
    await reply({});
    socket.pipe(node).pipe(socket);
  }

  async #perform({ method, args }: Call, context: CallContext): Promise<unknown> {
    const network = this.#network;
    const { signal } = context;
    if (isPlainMethod(method)) {
      return (network[method] as (...args: unknown[]) => Promise<unknown>).apply(network, args);
    }
    switch (method) {
      case 'describe':
        return this.#describe();
      case 'start':
      case 'unpause':
      case 'restart': {
        const [node, options] = args as Parameters<RunningNetwork['start']>;
        return network[method](node, { ...options, signal });
      }
      case 'measureLinks': {
        const [options] = args as Parameters<RunningNetwork['measureLinks']>;
        const progress = (done: number, of: number) => void context.sendItem([done, of]);
        return network.measureLinks({ ...options, signal, progress });
      }
      case 'readLog':
        return this.#readLog(args as Parameters<RunningNetwork['readLog']>, context);
      case 'exec':
        return this.#exec(args as ExecArgs, context);
      case 'watchUsage':
        return network.watchUsage((node, usage) => void context.sendItem([node, usage]), signal);
      case 'capturePackets':
        return this.#capturePackets(args as [string | null], context);
      case 'inject':
        return this.#inject(args as Parameters<RunningNetwork['inject']>);
      case 'healInjected':
        return this.#healInjected(args[0] as number);
      case 'change':
        return this.#change(args as [Topology, number], context);
      case 'relink': {
        const [links, timeoutMs, conditions] = args as [Link[], number, DirectedLinkConditions[] | null];
        return relink(network, links, { timeoutMs, signal, conditions: conditions ?? undefined });
      }
      case 'declareLinks':
        return this.#declareLinks(args as [Link[], DirectedLinkConditions[] | undefined], context);
      default:
        throw new DevnetError('usage', `the network "${network.name}" cannot be asked to ${method}`);
    }
  }

  #describe(): NetworkDescription {
    const { name, runtime, topology, addresses } = this.#network;
    return { name, runtime, topology, addresses: [...addresses] };
  }

  /** Sends an item when nothing can be missed any more, then the batches. */
  async #readLog([options]: Parameters<RunningNetwork['readLog']>, context: CallContext): Promise<void> {
    const log = await this.#network.readLog({ ...options, signal: context.signal });
    await context.sendItem([]);
    for await (const entries of log) await context.sendItem(entries);
  }

  async #exec([node, command, { hasInput, terminal }]: ExecArgs, context: CallContext): Promise<number> {
    const stdin = new PassThrough();
    const resized = new EventEmitter<{ resize: [] }>();
    let size = terminal?.size;
    const readInput = async () => {
      for (;;) {
        const message = (await context.receive()) as ExecInput | undefined;
        if (message === undefined || 'inputEnded' in message) stdin.end();
        if (message === undefined) return;
        if ('size' in message) {
          size = message.size;
          resized.emit('resize');
        }
        if ('input' in message && !stdin.write(Buffer.from(message.input, 'base64'))) {
          await Promise.race([once(stdin, 'drain'), once(stdin, 'close')]);
        }
      }
    };
    void readInput();
    try {
      return await this.#network.exec(node, command, {
        stdout: context.outputStream('stdout'),
        stderr: context.outputStream('stderr'),
        ...(hasInput ? { stdin } : {}),
        ...(terminal ? { terminal: { size: () => size, onResize: (listener) => onEvent(resized, listener) } } : {}),
      });
    } finally {
      stdin.destroy();
    }
  }

  /** Ends the capture when the client sends a line, or is gone. */
  async #capturePackets([filter]: [string | null], context: CallContext): Promise<void> {
    const stop = new AbortController();
    void context.receive().then(() => stop.abort());
    const options = { signal: stop.signal, ...(filter === null ? {} : { filter }) };
    const parts = await this.#network.capturePackets(options);
    await context.sendItem({} satisfies CaptureItem);
    for await (const part of parts) {
      const item: CaptureItem = 'bytes' in part ? { bytes: part.bytes.toString('base64') } : part;
      await context.sendItem(item);
    }
  }

  async #inject(args: Parameters<RunningNetwork['inject']>): Promise<FaultReply> {
    const injected = await this.#network.inject(...args);
    const handle = ++this.#lastHandle;
    this.#injected.set(handle, injected);
    const { name, fault, warning } = injected;
    return { name, fault, ...(warning === undefined ? {} : { warning }), handle };
  }

  async #healInjected(handle: number): Promise<void> {
    await this.#injected.get(handle)?.heal();
    this.#injected.delete(handle);
  }

  /** Sends the progress as items. */
  async #change([topology, timeoutMs]: [Topology, number], context: CallContext): Promise<NetworkChange> {
    const network = this.#network;
    const { signal } = context;
    if (!('change' in network)) throw new DevnetError('usage', `the network "${network.name}" cannot be changed`);
    const onProgress = (step: UpStep) => void context.sendItem(step);
    return (network as ChangeableNetwork).change(topology, { timeoutMs, signal, onProgress });
  }

  /** Sends the nodes, and declares the links once the client has applied them. */
  #declareLinks(
    [links, conditions]: [Link[], DirectedLinkConditions[] | undefined],
    context: CallContext,
  ): Promise<void> {
    const apply = async (nodes: readonly RunningNode[]) => {
      await context.sendItem(nodes);
      const answer = (await context.receive()) as AppliedLinks | undefined;
      context.signal.throwIfAborted();
      if (answer?.error) throw decodeError(answer.error);
    };
    return this.#network.declareLinks(links, apply, conditions ?? undefined);
  }
}

/** Calls `listener` at each `resize`. Returns a function that ends it. */
function onEvent(emitter: EventEmitter<{ resize: [] }>, listener: () => void): () => void {
  emitter.on('resize', listener);
  return () => emitter.off('resize', listener);
}
