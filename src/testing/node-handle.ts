import type { LogEntry } from '../network/log-entry.ts';
import type { NodeState } from '../network/network-status.ts';
import { namesByAddress } from '../network/node-names.ts';
import type { ExecResult, RunningNetwork } from '../network/running-network.ts';
import { DEFAULT_REPLY_TIMEOUT_MS, findNode, sendMessage } from '../network/send-message.ts';
import type { Message, Status } from '../protocol/index.ts';
import { DevnetError } from '../shared/errors.ts';
import { raceSignal } from '../shared/race-signal.ts';
import type { ActionJournal } from './action-journal.ts';
import { type LogFilter, readLogEntries } from './read-log-entries.ts';
import type { LiteralUnion } from './topology-input.ts';

/** Message types of the protocol; nodes may have others. */
export type MessageType = LiteralUnion<
  'ping' | 'echo' | 'get_peers' | 'list_peers' | 'get_status' | 'add_peer' | 'remove_peer' | 'gossip' | 'chat' | 'hello'
>;

/** How long something may take, milliseconds, and what ends it before. */
export interface WaitOptions {
  timeout?: number;
  signal?: AbortSignal;
}

/** Types that only ask: that they were sent is nothing that was done to a node. */
const READ_ONLY_TYPES = new Set<string>(['get_peers', 'get_status']);

/** What a node's handle needs of its devnet. */
export interface NodeContext {
  readonly network: RunningNetwork;
  readonly journal: ActionJournal;
  readonly timeoutMs: number;
  /** What is done, and is a failure of the devnet when it fails. */
  reportFailure<T>(work: Promise<T>): Promise<T>;
  /** What ends everything, together with a caller's own. */
  anySignal(own?: AbortSignal): AbortSignal;
}

/** One node of a running devnet. The handle stays good whatever happens to the node. */
export class NodeHandle<Name extends string = string> {
  readonly name: Name;
  /** `host:port`, as others dial it; it keeps it when it is restarted. */
  readonly address: string;
  readonly #context: NodeContext;

  constructor(name: Name, address: string, owner: NodeContext) {
    this.name = name;
    this.address = address;
    this.#context = owner;
  }

  /**
   * Sends one message and waits for the reply.
   * @param options.timeout milliseconds, by default 2,000
   * @returns undefined where the node took the message and said nothing: not every message is answered
   * @throws DevnetError `node_unreachable`
   */
  async send(type: MessageType, payload?: unknown, options: WaitOptions = {}): Promise<Message | undefined> {
    const { timeout = DEFAULT_REPLY_TIMEOUT_MS } = options;
    const message: Message = payload === undefined ? { message_type: type } : { message_type: type, payload };
    const signal = this.#context.anySignal(options.signal);
    if (!READ_ONLY_TYPES.has(type)) this.#context.journal.add('send', { to: this.name, ...message });
    return raceSignal(sendMessage(this.#context.network, this.name, message, timeout), signal);
  }

  /** Its peers, by name where they are nodes of this devnet, else as `host:port`. @throws DevnetError `node_unreachable` */
  async peers(options: WaitOptions = {}): Promise<string[]> {
    const payload = await this.#query('get_peers', 'peers', options);
    const names = namesByAddress(this.#context.network);
    return (payload as string[]).map((address) => names.get(address) ?? address);
  }

  /** What it says of itself: its links and their round trips, what it has counted. @throws DevnetError `node_unreachable` */
  async status(options: WaitOptions = {}): Promise<Status> {
    return (await this.#query('get_status', 'status', options)) as Status;
  }

  /** Whether it runs, by what runs it: `running`, `paused`, `exited`, … */
  async state(options: Pick<WaitOptions, 'signal'> = {}): Promise<NodeState> {
    const { network } = this.#context;
    const nodes = await raceSignal(network.nodes(), this.#context.anySignal(options.signal));
    return findNode(network.name, nodes, this.name).state;
  }

  /** What it has logged and goes on to log, until the loop is left, `signal` aborts or the devnet is down. */
  logs(options: Omit<LogFilter, 'nodes'> = {}): AsyncGenerator<LogEntry, void, undefined> {
    const { network: backend } = this.#context;
    return readLogEntries(backend, { ...options, nodes: [this.name] }, this.#context.anySignal(options.signal));
  }

  /** Ends it as a crash would: its connections are gone, and nothing is said. */
  kill(options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    return this.#runAction('kill', (backend) => backend.kill(this.name), options);
  }

  /** Asks it to end, and waits until it has. */
  stop(options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    return this.#runAction('stop', (backend) => backend.stop(this.name), options);
  }

  /** Freezes it: its connections stay, and nobody answers on them. */
  pause(options: Pick<WaitOptions, 'signal'> = {}): Promise<void> {
    return this.#runAction('pause', (backend) => backend.pause(this.name), options);
  }

  /** Lets it go on where it was frozen. */
  unpause(options: WaitOptions = {}): Promise<void> {
    return this.start(options);
  }

  /** Starts it again where it ended, or lets it go on: when this returns it listens and knows its peers. */
  start(options: WaitOptions = {}): Promise<void> {
    const { timeout = this.#context.timeoutMs } = options;
    const signal = this.#context.anySignal(options.signal);
    return this.#runAction('start', (backend) => backend.start(this.name, { timeoutMs: timeout, signal }), options);
  }

  /** Stops it if it runs, and starts it again: when this returns it listens and knows its peers. */
  restart(options: WaitOptions = {}): Promise<void> {
    const { timeout = this.#context.timeoutMs } = options;
    const signal = this.#context.anySignal(options.signal);
    return this.#runAction('restart', (network) => network.restart(this.name, { timeoutMs: timeout, signal }), options);
  }

  /** Runs a command in its container. The bundled node's image has `node`, and no shell. */
  exec(command: readonly [string, ...string[]], options: Pick<WaitOptions, 'signal'> = {}): Promise<ExecResult> {
    return this.#runAction('exec', (backend) => backend.exec(this.name, command), options);
  }

  #runAction<T>(
    what: string,
    act: (backend: RunningNetwork) => Promise<T>,
    options: Pick<WaitOptions, 'signal'>,
  ): Promise<T> {
    const signal = this.#context.anySignal(options.signal);
    signal.throwIfAborted();
    this.#context.journal.add(what, { node: this.name });
    return this.#context.reportFailure(raceSignal(act(this.#context.network), signal));
  }

  async #query(type: MessageType, expected: string, options: WaitOptions): Promise<unknown> {
    const reply = await this.send(type, undefined, options);
    if (reply?.message_type === expected) return reply.payload;
    const said = reply === undefined ? 'nothing' : `${reply.message_type} ${JSON.stringify(reply.payload)}`;
    throw new DevnetError('node_unreachable', `${this.name} was asked ${type} and answered ${said}`);
  }
}
