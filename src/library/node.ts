import { abortable } from '../devnet/abortable.ts';
import type { LogEntry } from '../devnet/log-entry.ts';
import { NodeClient, NodeSilent } from '../devnet/node-client.ts';
import { DevnetError } from '../errors.ts';
import type { Message, Status } from '../protocol/index.ts';
import { addressesOf } from './ask-nodes.ts';
import type { Backend, BackendNode, ExecResult, NodeState } from './backend.ts';
import type { Journal } from './journal.ts';
import { type LogFilter, readEntries } from './logs.ts';
import type { Suggested } from './topology-input.ts';

/** Message types of the protocol; nodes may have others. */
export type MessageType = Suggested<
  'ping' | 'echo' | 'get_peers' | 'list_peers' | 'get_status' | 'add_peer' | 'remove_peer' | 'gossip' | 'chat' | 'hello'
>;

/** How long something may take, milliseconds, and what ends it before. */
export interface WaitOptions {
  timeout?: number;
  signal?: AbortSignal;
}

/** Types that only ask: that they were sent is nothing that was done to a node. */
const ASKING = new Set<string>(['get_peers', 'get_status']);
/** Milliseconds. */
const REPLY_PATIENCE = 2_000;

/** What a node's handle needs of its devnet. */
export interface NodeOwner {
  readonly backend: Backend;
  readonly journal: Journal;
  readonly timeout: number;
  /** What is done, and is a failure of the devnet when it fails. */
  failing<T>(work: Promise<T>): Promise<T>;
  /** What ends everything, together with a caller's own. */
  signal(own?: AbortSignal): AbortSignal;
}

/** One node of a running devnet. The handle stays good whatever happens to the node. */
export class DevnetNode<Name extends string = string> {
  readonly name: Name;
  /** `host:port`, as others dial it; it keeps it when it is restarted. */
  readonly address: string;
  readonly #owner: NodeOwner;

  constructor(name: Name, address: string, owner: NodeOwner) {
    this.name = name;
    this.address = address;
    this.#owner = owner;
  }

  /**
   * Sends one message and waits for the reply.
   * @param options.timeout milliseconds, by default 2,000
   * @returns undefined where the node took the message and said nothing: not every message is answered
   * @throws DevnetError `node_unreachable`
   */
  async send(type: MessageType, payload?: unknown, options: WaitOptions = {}): Promise<Message | undefined> {
    const { timeout = REPLY_PATIENCE } = options;
    const message: Message = payload === undefined ? { message_type: type } : { message_type: type, payload };
    const signal = this.#owner.signal(options.signal);
    if (!ASKING.has(type)) this.#owner.journal.add('send', { to: this.name, ...message });
    const { state, host, port } = await abortable(this.#look(), signal);
    if (state !== 'running') throw this.#unreachable(`does not run: it is ${state}`);
    const client = new NodeClient({ host, port, route: this.#owner.backend.route });
    try {
      return await abortable(client.say(message, timeout), signal);
    } catch (cause) {
      if (!(cause instanceof NodeSilent)) throw cause;
      throw this.#unreachable(`cannot be spoken to: ${cause.message}`, cause);
    } finally {
      client.close();
    }
  }

  /** Its peers, by name where they are nodes of this devnet, else as `host:port`. @throws DevnetError `node_unreachable` */
  async peers(options: WaitOptions = {}): Promise<string[]> {
    const payload = await this.#ask('get_peers', 'peers', options);
    const nodes = await this.#owner.backend.nodes();
    const names = new Map([...addressesOf(nodes)].map(([name, address]) => [address, name]));
    return (payload as string[]).map((address) => names.get(address) ?? address);
  }

  /** What it says of itself: its links and their round trips, what it has counted. @throws DevnetError `node_unreachable` */
  async status(options: WaitOptions = {}): Promise<Status> {
    return (await this.#ask('get_status', 'status', options)) as Status;
  }

  /** Whether it runs, by what runs it: `running`, `paused`, `exited`, … */
  async state(options: Pick<WaitOptions, 'signal'> = {}): Promise<NodeState> {
    return (await abortable(this.#look(), this.#owner.signal(options.signal))).state;
  }

  /** What it has logged and goes on to log, until the loop is left, `signal` aborts or the devnet is down. */
  logs(options: Omit<LogFilter, 'nodes'> = {}): AsyncGenerator<LogEntry, void, undefined> {
    const { backend } = this.#owner;
    return readEntries(backend, { ...options, nodes: [this.name] }, this.#owner.signal(options.signal));
  }

  /** Ends it as a crash would: its connections are gone, and nothing is said. */
  kill(options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    return this.#act('kill', (backend) => backend.kill(this.name), options);
  }

  /** Asks it to end, and waits until it has. */
  stop(options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    return this.#act('stop', (backend) => backend.stop(this.name), options);
  }

  /** Freezes it: its connections stay, and nobody answers on them. */
  pause(options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    return this.#act('pause', (backend) => backend.pause(this.name), options);
  }

  /** Lets it go on where it was frozen. */
  unpause(options: WaitOptions = {}): Promise<void> {
    return this.start(options);
  }

  /** Starts it again where it ended, or lets it go on: when this returns it listens and knows its peers. */
  start(options: WaitOptions = {}): Promise<void> {
    const { timeout = this.#owner.timeout } = options;
    const signal = this.#owner.signal(options.signal);
    return this.#act('start', (backend) => backend.start(this.name, timeout, signal), options);
  }

  /** Stops it if it runs, and starts it again: when this returns it listens and knows its peers. */
  async restart(options: WaitOptions = {}): Promise<void> {
    const state = await this.state(options);
    if (state === 'paused') await this.start(options);
    if (state === 'running' || state === 'paused') await this.stop(options);
    await this.start(options);
  }

  /** Runs a command in its container. The bundled node's image has `node`, and no shell. */
  exec(command: readonly [string, ...string[]], options: Pick<WaitOptions, 'signal'> = {}): Promise<ExecResult> {
    return this.#act('exec', (backend) => backend.exec(this.name, command), options);
  }

  #act<T>(what: string, act: (backend: Backend) => Promise<T>, options: Pick<WaitOptions, 'signal'>): Promise<T> {
    const signal = this.#owner.signal(options.signal);
    signal.throwIfAborted();
    this.#owner.journal.add(what, { node: this.name });
    return this.#owner.failing(abortable(act(this.#owner.backend), signal));
  }

  async #ask(type: MessageType, expected: string, options: WaitOptions): Promise<unknown> {
    const reply = await this.send(type, undefined, options);
    if (reply?.message_type === expected) return reply.payload;
    const said = reply === undefined ? 'nothing' : `${reply.message_type} ${JSON.stringify(reply.payload)}`;
    throw this.#unreachable(`was asked ${type} and answered ${said}`);
  }

  async #look(): Promise<BackendNode> {
    const found = (await this.#owner.backend.nodes()).find(({ name }) => name === this.name);
    if (found) return found;
    throw this.#unreachable('is gone: it was removed elsewhere');
  }

  #unreachable(what: string, cause?: unknown): DevnetError {
    return new DevnetError('node_unreachable', `${this.name} ${what}`, {
      hint: `node('${this.name}').logs() tells what it did last`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
