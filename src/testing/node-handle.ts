import { type ExecResult, execAndCollect } from '../network/exec.ts';
import type { FaultHandle } from '../network/fault.ts';
import type { LogEntry } from '../network/log-entry.ts';
import type { NodeState } from '../network/network-status.ts';
import { namesByAddress, sortByNode } from '../network/node-names.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { DEFAULT_REPLY_TIMEOUT_MS, findNode, sendMessage } from '../network/send-message.ts';
import type { Message, Status } from '../protocol/index.ts';
import { DevnetError } from '../shared/errors.ts';
import {
  COMMAND,
  checkArgument,
  checkOptions,
  FAULT_OPTIONS,
  JSON_VALUE,
  LOG_OPTIONS,
  MESSAGE_TYPE,
  SIGNAL_OPTION,
  WAIT_OPTIONS,
} from './input/check-input.ts';
import { parseSqueeze, type SqueezeInput } from './input/fault-input.ts';
import type { FaultOptions, WaitOptions } from './input/options.ts';
import type { LiteralUnion } from './input/topology-input.ts';
import type { LogFilter } from './read-log-entries.ts';
import type { Session } from './session.ts';

/** Message types of the protocol; nodes may have others. */
export type MessageType = LiteralUnion<
  'ping' | 'echo' | 'get_peers' | 'list_peers' | 'get_status' | 'add_peer' | 'remove_peer' | 'gossip' | 'chat' | 'hello'
>;

/** Types that only ask, and are not written into the journal. */
const READ_ONLY_TYPES = new Set<string>(['get_peers', 'get_status']);

type SignalOption = Pick<WaitOptions, 'signal'>;

/** One node of a running network. The handle stays valid when the node ends and starts. */
export class NodeHandle<Name extends string = string> {
  /** Name in the topology. */
  readonly name: Name;
  /** `host:port`, as other nodes dial it. It stays the same when the node is restarted. */
  readonly address: string;
  readonly #session: Session;

  /** @internal Made by `Devnet.node`. */
  constructor(name: Name, address: string, session: Session) {
    this.name = name;
    this.address = address;
    this.#session = session;
  }

  /**
   * Sends one message and waits for the reply.
   * @param options.timeout milliseconds. @default 2,000
   * @returns undefined when the node took the message and did not reply: not every message has a reply
   * @throws DevnetError `usage`, `node_unreachable` when the node does not run or does not accept the connection
   */
  async send(type: MessageType, payload?: unknown, options: WaitOptions = {}): Promise<Message | undefined> {
    checkOptions('send', options, WAIT_OPTIONS);
    checkArgument('send: the type', type, MESSAGE_TYPE);
    checkArgument('send: the payload', payload, JSON_VALUE);
    const { timeout = DEFAULT_REPLY_TIMEOUT_MS } = options;
    const message: Message = payload === undefined ? { message_type: type } : { message_type: type, payload };
    if (!READ_ONLY_TYPES.has(type)) this.#session.journal.add('send', { to: this.name, ...message });
    return this.#session.run(() => sendMessage(this.#session.network, this.name, message, timeout), options.signal);
  }

  /**
   * Asks the node for its peers.
   * @returns names of nodes, in the topology's order, and `host:port` of others
   * @throws DevnetError `node_unreachable`
   */
  async peers(options: WaitOptions = {}): Promise<string[]> {
    const { network } = this.#session;
    const addresses = (await this.#query('peers', 'get_peers', options)) as string[];
    const names = namesByAddress(network);
    return sortByNode(network, addresses, (address) => address).map((address) => names.get(address) ?? address);
  }

  /**
   * Asks the node for its status: links with round trips, counters.
   * @throws DevnetError `node_unreachable`, also when the node knows no `get_status`
   */
  async status(options: WaitOptions = {}): Promise<Status> {
    return (await this.#query('status', 'get_status', options)) as Status;
  }

  /** Returns the state of the node: `running`, `paused`, `exited`, … @throws DevnetError `no_such_devnet`, `interrupted` */
  async state(options: SignalOption = {}): Promise<NodeState> {
    checkOptions('state', options, SIGNAL_OPTION);
    const { network } = this.#session;
    const nodes = await this.#session.run(() => network.nodes(), options.signal);
    return findNode(network.name, nodes, this.name).state;
  }

  /**
   * Reads the node's log and follows it, until the loop is left, `signal` aborts or the network is down; none of these is an
   * error.
   * @throws DevnetError, from the first step of the loop on: `no_such_devnet`, `engine_gone`, `engine_failed`
   */
  async *logs(options: Omit<LogFilter, 'nodes'> = {}): AsyncGenerator<LogEntry, void, undefined> {
    checkOptions('logs', options, LOG_OPTIONS);
    yield* this.#session.logs({ ...options, nodes: [this.name] });
  }

  /**
   * Ends the node as a crash would: its connections are reset, it logs nothing. A node that does not run stays as it is.
   * @throws DevnetError `no_such_devnet`, `engine_failed`, `interrupted`
   */
  kill(options: SignalOption = {}): Promise<void> {
    return this.#act('kill', options, SIGNAL_OPTION, (network) => network.kill(this.name));
  }

  /**
   * Asks the node to end, and waits until it has; after 5 s a container is killed. A node that does not run stays as it is.
   * @throws DevnetError `no_such_devnet`, `engine_failed`, `interrupted`
   */
  stop(options: SignalOption = {}): Promise<void> {
    return this.#act('stop', options, SIGNAL_OPTION, (network) => network.stop(this.name));
  }

  /**
   * Freezes the node: its connections stay open, and nobody answers on them.
   * @throws UnsupportedError on the `process` engine; DevnetError `engine_failed` when the node does not run
   */
  pause(options: SignalOption = {}): Promise<void> {
    return this.#act('pause', options, SIGNAL_OPTION, (network) => network.pause(this.name));
  }

  /**
   * Thaws a frozen node; returns when it listens and has its peers.
   * @throws UnsupportedError on the `process` engine; what `start` throws
   */
  unpause(options: WaitOptions = {}): Promise<void> {
    return this.#act('unpause', options, WAIT_OPTIONS, (network, start) => network.unpause(this.name, start));
  }

  /**
   * Starts a node that ended, or thaws it; returns when it listens and has its peers.
   * @throws DevnetError `node_silent` when it does not in time, `node_unreachable` when it ends again, `not_verified` when it
   *   refuses a peer; `host_limit` on the `process` engine when its port is taken
   */
  start(options: WaitOptions = {}): Promise<void> {
    return this.#act('start', options, WAIT_OPTIONS, (network, start) => network.start(this.name, start));
  }

  /** Stops the node if it runs, and starts it; returns when it listens and has its peers. @throws what `start` throws */
  restart(options: WaitOptions = {}): Promise<void> {
    return this.#act('restart', options, WAIT_OPTIONS, (network, start) => network.restart(this.name, start));
  }

  /**
   * Runs a command in the node's container. The image of the bundled node has `node` and no shell; where a program is missing,
   * the exit code is 126 or 127.
   * @throws UnsupportedError on the `process` engine; DevnetError `usage`, `engine_failed` when the node does not run
   */
  async exec(command: readonly [string, ...string[]], options: SignalOption = {}): Promise<ExecResult> {
    checkArgument('exec: the command', command, COMMAND);
    return this.#act('exec', options, SIGNAL_OPTION, (network) => execAndCollect(network, this.name, command));
  }

  /**
   * Limits the processor or memory of the running node. Healing the fault restores the declared limits.
   * @throws UnsupportedError on the `process` engine; DevnetError `usage`, `engine_failed` when the engine refuses the limits
   */
  async squeeze(limits: SqueezeInput, options: FaultOptions = {}): Promise<FaultHandle> {
    checkOptions('squeeze', options, FAULT_OPTIONS);
    return this.#session.inject({ node: this.name, ...parseSqueeze(limits) }, options);
  }

  async #act<T>(
    action: string,
    options: WaitOptions,
    checks: Parameters<typeof checkOptions>[2],
    act: (network: RunningNetwork, start: { timeoutMs: number; signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    checkOptions(action, options, checks);
    const { timeout: timeoutMs = this.#session.timeoutMs } = options;
    return this.#session.run((signal) => {
      this.#session.journal.add(action, { node: this.name });
      return act(this.#session.network, { timeoutMs, signal });
    }, options.signal);
  }

  async #query(expected: string, type: MessageType, options: WaitOptions): Promise<unknown> {
    checkOptions(expected, options, WAIT_OPTIONS);
    const reply = await this.send(type, undefined, options);
    if (reply?.message_type === expected) return reply.payload;
    const received = reply === undefined ? 'nothing' : `${reply.message_type} ${JSON.stringify(reply.payload)}`;
    throw new DevnetError('node_unreachable', `${this.name} was asked ${type} and replied ${received}`);
  }
}
