import type { Duplex } from 'node:stream';
import { Decoder, encode, type Message } from '../../protocol/index.ts';
import { DevnetError } from '../../shared/errors.ts';
import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';
import type { Dialer } from '../dialer.ts';

/** Where a node listens, and the way there. */
export interface NodeEndpoint {
  host: string;
  port: number;
  dialer: Dialer;
}

/** Types that a node takes without a reply, unless something is wrong with them; that is said at once. */
const TYPES_WITHOUT_REPLY = new Set<string>(['gossip', 'chat', 'pong', 'peers', 'status', 'error']);
/** How long a node, or the way to it, may take to accept a connection, milliseconds. */
const DIAL_TIMEOUT_MS = 2_000;

/** Whether a message of this type has no reply when all is well. */
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
 * A conversation with one node: one message, one reply. The connection is kept while the node keeps it, and made anew when
 * it does not, so that nodes which serve one message per connection are spoken to as well.
 */
export class NodeClient {
  readonly endpoint: NodeEndpoint;
  #socket: Duplex | undefined;
  #lastRequest: Promise<unknown> = Promise.resolve();

  constructor(target: NodeEndpoint) {
    this.endpoint = target;
  }

  /**
   * Sends a message and waits for the next message the node sends. Calls made at once are carried out one after the other.
   * @param timeout milliseconds, from the sending
   * @throws NodeRequestError
   */
  async request(message: Message, timeout: number): Promise<Message> {
    const [reply] = await this.requestAll([message], timeout);
    return reply as Message;
  }

  /**
   * Sends messages in one go and waits for as many replies, in their order: one round trip for all of them. A node that
   * serves one message per connection has no answer to the others.
   * @param messages at least one; where the connection turns out to be gone, all of them are sent again
   * @param timeout milliseconds, for all of them
   * @throws NodeRequestError
   */
  requestAll(messages: readonly Message[], timeout: number): Promise<Message[]> {
    const turn = this.#lastRequest.then(() => this.#request(messages, timeout));
    this.#lastRequest = turn.catch(() => {});
    return turn;
  }

  /**
   * Sends a message of any type, on a connection of its own.
   * @param timeout milliseconds for the reply
   * @returns undefined when the node took the message and said nothing: not every message is answered
   * @throws NodeRequestError when it did not get the message
   */
  async send(message: Message, timeout: number): Promise<Message | undefined> {
    this.close();
    if (hasNoReply(message.message_type)) return this.#sendWithoutReply(message, timeout);
    await this.dial(Math.max(timeout, DIAL_TIMEOUT_MS));
    try {
      return await this.request(message, timeout);
    } catch (failure) {
      if (failure instanceof NodeRequestError && (failure.reason === 'timeout' || failure.reason === 'closed'))
        return undefined;
      throw failure;
    }
  }

  /** Connects, if not connected. @throws NodeRequestError */
  async dial(timeout: number): Promise<void> {
    await this.#ensureConnected(timeout);
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #request(messages: readonly Message[], timeout: number): Promise<Message[]> {
    const kept = this.#socket !== undefined;
    const deadline = Date.now() + timeout;
    try {
      return await this.#sendAndReceive(messages, timeout);
    } catch (failure) {
      // A kept connection may have been closed by the node between two messages; a fresh one has no such excuse.
      if (!kept || !(failure instanceof NodeRequestError) || failure.reason !== 'closed') throw failure;
      return await this.#sendAndReceive(messages, Math.max(1, deadline - Date.now()));
    }
  }

  async #sendAndReceive(messages: readonly Message[], timeout: number): Promise<Message[]> {
    const socket = await this.#ensureConnected(timeout);
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
      const fail = (silence: NodeRequestErrorReason, text: string) =>
        finish(() => reject(new NodeRequestError(silence, text)), false);
      const onData = (chunk: Buffer) => {
        for (const decoded of decoder.push(chunk)) {
          const { message: reply } = decoded;
          if (reply) {
            replies.push(reply);
            if (replies.length === messages.length) return finish(() => resolve(replies), true);
          } else
            return fail('invalid-reply', `${where} answered something that is no message: ${decoded.error.message}`);
        }
      };
      const onClose = () => fail('closed', `${where} closed the connection without a reply`);
      const cancel = setTimeoutAfterIo(timeout, () =>
        fail('timeout', `${where} did not answer ${messages[replies.length]?.message_type} within ${timeout} ms`),
      );
      socket.on('data', onData).on('close', onClose);
      socket.write(Buffer.concat(messages.map((message) => encode(message))));
    });
  }

  /** Says that nothing follows, too: the node closes once it has read that far, and so is known to have the message. */
  async #sendWithoutReply(message: Message, timeout: number): Promise<Message | undefined> {
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
      const cancel = setTimeoutAfterIo(timeout, () => finish());
      socket.on('data', onData).on('close', onClose);
      socket.end(encode(message));
    });
  }

  async #ensureConnected(timeout: number): Promise<Duplex> {
    if (this.#socket) return this.#socket;
    const { host, port, dialer: route } = this.endpoint;
    let socket: Duplex;
    try {
      socket = await route.connect(host, port, timeout);
    } catch (failure) {
      if (failure instanceof DevnetError) throw failure; // There is no way to any node of this network.
      const { code, message } = failure as NodeJS.ErrnoException;
      if (code === 'ETIMEDOUT')
        throw new NodeRequestError('unreachable', `${host}:${port} did not accept a connection within ${timeout} ms`);
      const silence = code === 'ECONNREFUSED' ? 'refused' : 'unreachable';
      throw new NodeRequestError(silence, `${host}:${port} cannot be reached: ${message}`, failure);
    }
    this.#socket = socket;
    // Between requests nothing waits for the socket; a node that ends it is simply dialed again next time.
    socket.on('error', () => {}).on('close', () => this.#dropConnection(socket));
    return socket;
  }

  #dropConnection(socket: Duplex): void {
    socket.destroy();
    if (this.#socket === socket) this.#socket = undefined;
  }
}
