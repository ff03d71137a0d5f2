import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { FakePeer, type FakePeerBehaviour } from '../transport/fake-peer.ts';
import { type DialOptions, RawConnection } from '../transport/raw-connection.ts';
import { quoteReply, type TargetReply } from '../transport/reply.ts';
import { Transcript } from '../transport/transcript.ts';
import {
  ADD_PEER_INTERVAL_MS,
  formatMessage,
  isStringArray,
  type TargetContact,
  type TargetProfile,
} from './target-profile.ts';
import { CaseFailure, fail } from './verdict.ts';

/** Facts about the target, and about the network between it and the suite. */
export interface TargetInfo extends TargetContact {
  /** IPv6 address of the suite that the target can dial. */
  readonly listenHost6: string | undefined;
  /** Second address of this machine to dial from, which makes the suite a third party to the target. */
  readonly otherAddress: string | undefined;
  readonly addPeerThrottle: AddPeerThrottle;
  /** Largest message that the target takes. */
  readonly maxMessageBytes: number;
  /** Time in which a message must be complete. */
  readonly messageTimeoutMs: number;
  /** Time after which the target gives up a silent link. */
  readonly deadAfterMs: number;
  /** Also test what takes minutes. */
  readonly slow: boolean;
}

/** Request that any target answers. */
export interface TestQuestion {
  readonly text: string;
  readonly message: { message_type: string; payload?: unknown };
  isAnsweredBy(reply: TargetReply): boolean;
}

/** Spaces out the `add_peer` messages of all cases, once the target has said that they come too fast. */
export class AddPeerThrottle {
  #enabled = false;
  #lastTurn: Promise<unknown> = Promise.resolve();

  enable(): void {
    this.#enabled = true;
  }

  /** Resolves when the next `add_peer` may be sent. */
  waitTurn(): Promise<unknown> {
    if (this.#enabled) this.#lastTurn = this.#lastTurn.then(() => sleep(ADD_PEER_INTERVAL_MS));
    return this.#lastTurn;
  }
}

const MAX_ADD_PEER_RETRIES = 8;
const PEERS_POLL_INTERVAL_MS = 30;

let questionCount = 0;

/** One run of one case: its connections, its fake peers and its transcript. */
export class TestContext {
  readonly target: TargetInfo;
  readonly profile: TargetProfile;
  readonly transcript = new Transcript();
  /** Time that the target took for the last reply to {@link TestContext.request}. */
  lastReplyMs = 0;
  readonly #connections: RawConnection[] = [];
  readonly #peers: FakePeer[] = [];
  /** Peers that the target may have by now. */
  readonly #addedPeers = new Set<string>();
  #connectionCount = 0;
  #peerCount = 0;
  #isClosed = false;
  readonly #holdsConnections: boolean;

  /** @param holdsConnections may have several connections open, also to a target that serves few at a time */
  constructor(target: TargetInfo, profile: TargetProfile, holdsConnections = false) {
    this.target = target;
    this.profile = profile;
    this.#holdsConnections = holdsConnections || !profile.servesFewAtATime;
  }

  /** Time to wait for something that should come. */
  get timeoutMs(): number {
    return this.target.timeoutMs;
  }

  /** Time to wait for something that should not come. */
  get quietMs(): number {
    return Math.min(300, this.target.timeoutMs / 3);
  }

  /** @throws CaseFailure if the target refuses the connection */
  async dial(options: Partial<DialOptions> = {}): Promise<RawConnection> {
    const name = `conn ${++this.#connectionCount}`;
    // The target would not come to the new connection.
    if (!this.#holdsConnections) for (const connection of this.#connections) connection.close();
    const { host, port, localAddress } = this.target;
    try {
      const to = { host, port, localAddress, ...options };
      const connection = await RawConnection.dial(to, name, this.transcript, this.timeoutMs * 2);
      if (this.#isClosed) connection.close();
      this.#connections.push(connection);
      return connection;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      this.transcript.event(name, reason);
      throw new CaseFailure(fail('a connection', reason));
    }
  }

  /** Runs a check for each item: all at once, or one after the other on a target that serves few connections at a time. */
  async forEach<T, R>(items: readonly T[], check: (item: T) => Promise<R>): Promise<R[]> {
    if (this.#holdsConnections) return Promise.all(items.map(check));
    const results: R[] = [];
    for (const item of items) results.push(await check(item));
    return results;
  }

  /** Starts a fake peer for the target to dial. */
  async createPeer(behaviour: FakePeerBehaviour = {}, host = this.target.listenHost): Promise<FakePeer> {
    const peer = await FakePeer.listen(host, `peer ${++this.#peerCount}`, this.transcript, behaviour);
    if (this.#isClosed) peer.close();
    this.#peers.push(peer);
    return peer;
  }

  /** Sends on a connection, and half-closes it if the target would not answer otherwise. */
  send(connection: RawConnection, bytes: string | Uint8Array): void {
    connection.send(bytes);
    this.halfCloseIfNeeded(connection);
  }

  halfCloseIfNeeded(connection: RawConnection): void {
    if (this.profile.needsHalfClose) connection.halfClose();
  }

  /** Sends bytes on a new connection, and waits for the first reply; `got` describes what came. */
  async exchange(
    bytes: string | Uint8Array,
  ): Promise<{ connection: RawConnection; reply: TargetReply | undefined; got: string }> {
    const connection = await this.dial();
    this.send(connection, bytes);
    const reply = await connection.reply(this.timeoutMs);
    return { connection, reply, got: this.describeReply(reply, connection) };
  }

  /** Sends a message, or raw text, on a new connection. Resolves to the first reply. */
  async request(
    message: unknown,
    options: Partial<DialOptions> = {},
    timeoutMs = this.timeoutMs,
  ): Promise<TargetReply | undefined> {
    const connection = await this.dial(options);
    const start = performance.now();
    this.send(connection, typeof message === 'string' ? message : formatMessage(message));
    const reply = await connection.reply(timeoutMs);
    this.lastReplyMs = performance.now() - start;
    connection.close();
    return reply;
  }

  /**
   * Creates a request that this target answers.
   *
   * @param text stands in the request: as the payload if the target echoes that, else as a field that it ignores
   */
  createQuestion(text?: string): TestQuestion {
    const { probeMessage } = this.profile;
    if (probeMessage === undefined) throw new Error('a case that creates questions must require "question"');
    const { type, replyType, echoesPayload } = probeMessage;
    const payload = echoesPayload ? (text ?? `spec-${++questionCount}`) : probeMessage.payload;
    const message = {
      message_type: type,
      ...(payload === undefined ? {} : { payload }),
      ...(echoesPayload || text === undefined ? {} : { note: text }),
    };
    return {
      text: JSON.stringify(message),
      message,
      isAnsweredBy: (reply) =>
        reply.type === replyType && (!echoesPayload || isDeepStrictEqual(reply.payload, payload)),
    };
  }

  /** @throws CaseFailure unless the next reply on the connection answers the question */
  async expectAnswer(
    connection: RawConnection,
    question: TestQuestion,
    timeoutMs = this.timeoutMs,
  ): Promise<TargetReply> {
    const reply = await connection.reply(timeoutMs);
    if (reply !== undefined && question.isAnsweredBy(reply)) return reply;
    throw new CaseFailure(fail(`the answer to ${question.text}`, this.describeReply(reply, connection, timeoutMs)));
  }

  /** Describes what came: a reply, the end of the connection, or nothing. */
  describeReply(reply: TargetReply | undefined, connection: RawConnection, timeoutMs = this.timeoutMs): string {
    if (reply !== undefined) return quoteReply(reply);
    if (connection.ended)
      return `the end of the connection${connection.error === undefined ? '' : ` (${connection.error})`}`;
    return `nothing within ${timeoutMs / 1_000} s`;
  }

  /** Has {@link TestContext.cleanUp} remove a peer that the target learned of other than through `addPeer`. */
  removeAtEnd(address: string): void {
    this.#addedPeers.add(address);
  }

  /**
   * Sends `add_peer`, again if the target says that it came too fast. Resolves to the reply.
   *
   * @param address what to remove at the end, if the payload is not an address itself
   */
  async addPeer(payload: unknown, address?: string): Promise<TargetReply | undefined> {
    const peer = address ?? payload;
    if (typeof peer === 'string') this.removeAtEnd(peer);
    for (let left = MAX_ADD_PEER_RETRIES; ; left--) {
      await this.target.addPeerThrottle.waitTurn();
      const reply = await this.request({ message_type: 'add_peer', payload });
      if (reply?.code !== 'rate_limited' || left === 0) return reply;
      this.target.addPeerThrottle.enable();
    }
  }

  /**
   * Starts a fake peer, and waits until the target has dialed it.
   *
   * @throws CaseFailure if the target does not
   */
  async createDialedPeer(behaviour: FakePeerBehaviour = {}): Promise<FakePeer> {
    const peer = await this.createPeer(behaviour);
    await this.addPeer(peer.address);
    if (await peer.waitForDials(this.timeoutMs)) {
      // The hello that follows the dial, and its answer, should be over before the case goes on.
      if (behaviour.answersHello !== false) await peer.waitForMessage(({ type }) => type === 'hello', this.quietMs);
      return peer;
    }
    throw new CaseFailure(fail(`a dial to ${peer.address} after add_peer`, `none within ${this.timeoutMs / 1_000} s`));
  }

  /** Starts a fake peer for each behaviour, as {@link TestContext.createDialedPeer} does. */
  createDialedPeers(behaviours: readonly FakePeerBehaviour[]): Promise<FakePeer[]> {
    return this.forEach(behaviours, (behaviour) => this.createDialedPeer(behaviour));
  }

  /** @throws CaseFailure for a reply that is not a list of peers */
  async getPeers(): Promise<string[]> {
    const reply = await this.request({ message_type: 'get_peers' });
    if (isStringArray(reply?.payload)) return reply.payload;
    throw new CaseFailure(fail('peers with an array of "host:port"', quoteReply(reply)));
  }

  /** Reads the target's peers until they include `address` or `timeoutMs` passes. Resolves to the last list. */
  async waitForPeer(address: string): Promise<string[]> {
    const deadline = performance.now() + this.timeoutMs;
    for (;;) {
      const peers = await this.getPeers();
      if (peers.includes(address) || performance.now() > deadline) return peers;
      await sleep(PEERS_POLL_INTERVAL_MS);
    }
  }

  /** Resolves to true if the target answers on a new connection within `timeoutMs`. */
  async isResponsive(timeoutMs = this.timeoutMs): Promise<boolean> {
    const question = this.createQuestion();
    const reply = await this.request(`${question.text}\n\n`, {}, timeoutMs);
    return reply !== undefined && question.isAnsweredBy(reply);
  }

  /** Removes the added peers from the target, and closes everything. */
  async cleanUp(): Promise<void> {
    for (const connection of this.#connections) connection.close();
    if (this.profile.capabilities.has('remove_peer')) await this.#removeAddedPeers();
    for (const peer of this.#peers) peer.close();
    this.#isClosed = true;
  }

  /** Closes everything at once. */
  abort(): void {
    this.#isClosed = true;
    for (const closeable of [...this.#connections, ...this.#peers]) closeable.close();
  }

  async #removeAddedPeers(): Promise<void> {
    const messages = [...this.#addedPeers].map((payload) => formatMessage({ message_type: 'remove_peer', payload }));
    const batches = this.profile.persistent ? [messages] : messages.map((message) => [message]);
    if (this.profile.servesFewAtATime) for (const batch of batches) await this.#sendBatch(batch);
    else await Promise.all(batches.map((batch) => this.#sendBatch(batch)));
  }

  async #sendBatch(messages: readonly string[]): Promise<void> {
    try {
      const connection = await RawConnection.dial(this.target, 'conn 0', new Transcript(), this.timeoutMs);
      connection.send(messages.join(''));
      await connection.nextReplies(messages.length, this.timeoutMs);
      connection.close();
    } catch {
      // The question that follows every case finds out what is wrong with the target.
    }
  }
}
