import type { Duplex } from 'node:stream';
import { Decoder, encode, type Message } from '../../protocol/index.ts';
import { DevnetError } from '../../shared/errors.ts';
import { openFilesError } from '../../shared/files/open-files.ts';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';
import type { Dialer } from '../dialer.ts';

/** Address of a node, and the dialer that reaches it. */
export interface NodeEndpoint {
  host: string;
  port: number;
  dialer: Dialer;
}

/** Message types that have no reply, except for an error. */
const TYPES_WITHOUT_REPLY = new Set<string>(['gossip', 'chat', 'pong', 'peers', 'status', 'error']);
/** Time for a node to accept a connection, milliseconds. */
const DIAL_TIMEOUT_MS = 2_000;

/** Returns whether messages of a type have no reply, except for an error. */
export const hasNoReply = (type: string): boolean => TYPES_WITHOUT_REPLY.has(type);

export type NodeRequestErrorReason = 'refused' | 'unreachable' | 'closed' | 'timeout' | 'invalid-reply';

/** A node gave no reply. */
export class NodeRequestError extends Error {
  override readonly name = 'NodeRequestError';
  readonly reason: NodeRequestErrorReason;

  constructor(reason: NodeRequestErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }

  /** True when the node may have got the message, false when it did not accept a connection. */
  get wasSent(): boolean {
    return this.reason !== 'refused' && this.reason !== 'unreachable';
  }
}

/**
 * Sends messages to one node and reads its replies. The connection is reused while the node keeps it open, and opened anew
 * when it does not, which also suits nodes that serve one message per connection.
 */
export class NodeClient {
  readonly endpoint: NodeEndpoint;
  #socket: Duplex | undefined;
  #lastRequest: Promise<unknown> = Promise.resolve();

  constructor(endpoint: NodeEndpoint) {
    this.endpoint = endpoint;
  }

  /**
   * Sends a message and returns the next message from the node. Concurrent calls run one after the other.
   * @throws NodeRequestError
   */
  async request(message: Message, timeoutMs: number): Promise<Message> {
    const [reply] = await this.requestAll([message], timeoutMs);
    return reply as Message;
  }

  /**
   * Sends messages in one go and returns as many replies, in order, after one round trip. A node that serves one message per
   * connection replies only to the first.
   * @param messages at least one; all are sent again when a reused connection turns out to be closed
   * @param timeoutMs milliseconds for all replies
   * @throws NodeRequestError
   */
  requestAll(messages: readonly Message[], timeoutMs: number): Promise<Message[]> {
    const turn = this.#lastRequest.then(() => this.#request(messages, timeoutMs));
    this.#lastRequest = turn.catch(() => {});
    return turn;
  }

  /**
   * Sends a message of any type, on a new connection.
   * @returns undefined when the node took the message and did not reply
   * @throws NodeRequestError when the node did not get the message
   */
  async send(message: Message, timeoutMs: number): Promise<Message | undefined> {
    this.close();
    if (hasNoReply(message.message_type)) return this.#sendWithoutReply(message, timeoutMs);
    await this.dial(Math.max(timeoutMs, DIAL_TIMEOUT_MS));
    try {
      return await this.request(message, timeoutMs);
    } catch (cause) {
      if (cause instanceof NodeRequestError && (cause.reason === 'timeout' || cause.reason === 'closed'))
        return undefined;
      throw cause;
    }
  }

  /** Connects unless connected. @throws NodeRequestError */
  async dial(timeoutMs: number): Promise<void> {
    await this.#ensureConnected(timeoutMs);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #request(messages: readonly Message[], timeoutMs: number): Promise<Message[]> {
    const isReused = this.#socket !== undefined;
    const deadline = performance.now() + timeoutMs;
    try {
      return await this.#sendAndReceive(messages, timeoutMs);
    } catch (cause) {
      // The node may have closed a reused connection between two messages.
      if (!isReused || !(cause instanceof NodeRequestError) || cause.reason !== 'closed') throw cause;
      return await this.#sendAndReceive(messages, Math.max(1, Math.ceil(deadline - performance.now())));
    }
  }

  async #sendAndReceive(messages: readonly Message[], timeoutMs: number): Promise<Message[]> {
    const socket = await this.#ensureConnected(timeoutMs);
    const where = `${this.endpoint.host}:${this.endpoint.port}`;
    const decoder = new Decoder();
    const replies: Message[] = [];
    return new Promise<Message[]>((resolve, reject) => {
      const finish = (settle: () => void, keep: boolean) => {
        cancel();
        socket.off('data', onData).off('close', onClose);
        if (!keep) this.#dropConnection(socket);
        settle();
      };
      const fail = (reason: NodeRequestErrorReason, text: string) =>
        finish(() => reject(new NodeRequestError(reason, text)), false);
      const onData = (chunk: Buffer) => {
        for (const decoded of decoder.push(chunk)) {
          const { message: reply } = decoded;
          if (reply) {
            replies.push(reply);
            if (replies.length === messages.length) return finish(() => resolve(replies), true);
          } else return fail('invalid-reply', `${where} sent something that is no message: ${decoded.error.message}`);
        }
      };
      const onClose = () => fail('closed', `${where} closed the connection without a reply`);
      const cancel = setTimeoutAfterIo(timeoutMs, () =>
        fail('timeout', `${where} did not answer ${messages[replies.length]?.message_type} within ${timeoutMs} ms`),
      );
      socket.on('data', onData).on('close', onClose);
      socket.write(Buffer.concat(messages.map((message) => encode(message))));
    });
  }

  /** Ends the sending side after the message: the node closes the connection once it has read that far. */
  async #sendWithoutReply(message: Message, timeoutMs: number): Promise<Message | undefined> {
    const socket = await this.#ensureConnected(DIAL_TIMEOUT_MS);
    const decoder = new Decoder();
    return new Promise((resolve) => {
      const finish = (reply?: Message) => {
        cancel();
        socket.off('data', onData).off('close', onClose);
        this.#dropConnection(socket);
        resolve(reply);
      };
      const onData = (chunk: Buffer) => {
        for (const decoded of decoder.push(chunk)) if (decoded.message) finish(decoded.message);
      };
      const onClose = () => finish();
      const cancel = setTimeoutAfterIo(timeoutMs, () => finish());
      socket.on('data', onData).on('close', onClose);
      socket.end(encode(message));
    });
  }

  async #ensureConnected(timeoutMs: number): Promise<Duplex> {
    if (this.#socket) return this.#socket;
    const { host, port, dialer } = this.endpoint;
    let socket: Duplex;
    try {
      socket = await dialer.connect(host, port, timeoutMs);
    } catch (cause) {
      const failure = cause instanceof DevnetError ? cause : openFilesError(cause);
      if (failure) throw failure; // No node of this network can be reached from here.
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'ETIMEDOUT')
        throw new NodeRequestError('unreachable', `${host}:${port} did not accept a connection within ${timeoutMs} ms`);
      const reason = code === 'ECONNREFUSED' ? 'refused' : 'unreachable';
      throw new NodeRequestError(reason, `${host}:${port} cannot be reached: ${message}`, cause);
    }
    this.#socket = socket;
    // Nothing waits for the socket between requests; if the node closes it, the next request dials again.
    socket.on('error', () => {}).on('close', () => this.#dropConnection(socket));
    return socket;
  }

  #dropConnection(socket: Duplex): void {
    socket.destroy();
    if (this.#socket === socket) this.#socket = undefined;
  }
}
