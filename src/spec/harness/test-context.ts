import { isDeepStrictEqual } from 'node:util';
import type { AddPeerThrottle } from '../transport/add-peer-throttle.ts';
import { sleep } from '../transport/condition-variable.ts';
import { FakePeer, type FakePeerBehaviour } from '../transport/fake-peer.ts';
import { type DialOptions, RawConnection } from '../transport/raw-connection.ts';
import { quoteReply, type TargetReply } from '../transport/reply.ts';
import { Transcript } from '../transport/transcript.ts';
import { formatMessage, isStringArray, type TargetContact, type TargetProfile } from './target-profile.ts';
import { CaseFailure, fail } from './verdict.ts';

/** What the target is told of itself and its surroundings beside its address. */
export interface TargetInfo extends TargetContact {
  /** The suite's own IPv6 address that the target can dial, if there is one. */
  readonly listenHost6: string | undefined;
  /** Another address of this machine to dial from, if there is one: somebody else, to the target. */
  readonly otherAddress: string | undefined;
  readonly addPeerThrottle: AddPeerThrottle;
  /** Bytes of the largest message the target takes. */
  readonly maxMessageBytes: number;
  /** Milliseconds in which a message must be complete. */
  readonly messageTimeoutMs: number;
  /** Milliseconds after which the target takes a silent link for dead. */
  readonly deadAfterMs: number;
  /** Try what takes minutes, too. */
  readonly slow: boolean;
}

/** A question that any target answers: its text, and whether a reply is the answer to it. */
export interface TestQuestion {
  readonly text: string;
  readonly message: { message_type: string; payload?: unknown };
  isAnsweredBy(reply: TargetReply): boolean;
}

/** Times an `add_peer` that came too fast is tried again. */
const MAX_ADD_PEER_RETRIES = 8;

let questionCount = 0;

/** One run of one case: its connections, its peers, and what it noted. */
export class TestContext {
  readonly target: TargetInfo;
  readonly profile: TargetProfile;
  readonly transcript = new Transcript();
  /** Milliseconds from the last question that `ask` sent to the reply. */
  lastReplyMs = 0;
  readonly #connections: RawConnection[] = [];
  readonly #peers: FakePeer[] = [];
  /** What the target may have as peers by now. */
  readonly #addedPeers = new Set<string>();
  #connectionCount = 0;
  #peerCount = 0;
  #isClosed = false;

  constructor(target: TargetInfo, profile: TargetProfile) {
    this.target = target;
    this.profile = profile;
  }

  /** Milliseconds to wait for something that should come. */
  get timeoutMs(): number {
    return this.target.timeoutMs;
  }

  /** Milliseconds to wait for something that should not come. */
  get quietMs(): number {
    return Math.min(300, this.target.timeoutMs / 3);
  }

  /** Opens a connection to the target. A refusal ends the case: it should have accepted. */
  async dial(route: Partial<DialOptions> = {}): Promise<RawConnection> {
    const name = `conn ${++this.#connectionCount}`;
    const { host, port, localAddress } = this.target;
    try {
      const wire = await RawConnection.dial(
        { host, port, localAddress, ...route },
        name,
        this.transcript,
        this.timeoutMs * 2,
      );
      if (this.#isClosed) wire.close();
      this.#connections.push(wire);
      return wire;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      this.transcript.event(name, reason);
      throw new CaseFailure(fail('a connection', reason));
    }
  }

  /** A peer on the suite's side, for the target to dial. */
  async createPeer(behaviour: FakePeerBehaviour = {}, host = this.target.listenHost): Promise<FakePeer> {
    const peer = await FakePeer.listen(host, `peer ${++this.#peerCount}`, this.transcript, behaviour);
    if (this.#isClosed) peer.close();
    this.#peers.push(peer);
    return peer;
  }

  /** Sends on a connection, which is half-closed where the target would not answer otherwise. */
  send(wire: RawConnection, text: string | Uint8Array): void {
    wire.send(text);
    if (this.profile.needsHalfClose) wire.halfClose();
  }

  /** Sends a message (or raw text) on a connection of its own and returns the first reply to it. */
  async request(
    message: unknown,
    route: Partial<DialOptions> = {},
    wait = this.timeoutMs,
  ): Promise<TargetReply | undefined> {
    const wire = await this.dial(route);
    const start = performance.now();
    this.send(wire, typeof message === 'string' || message instanceof Uint8Array ? message : formatMessage(message));
    const reply = await wire.reply(wait);
    this.lastReplyMs = performance.now() - start;
    wire.close();
    return reply;
  }

  /**
   * A question this target answers. With `text`, that stands in the question: where the target can say it back it has
   * to, elsewhere it is a field the target ignores.
   */
  createQuestion(text?: string): TestQuestion {
    const { probeMessage: vehicle } = this.profile;
    if (vehicle === undefined) throw new Error('a case that asks questions must need "question"');
    const { type, replyType: answer, echoesPayload: carries } = vehicle;
    const payload = carries ? (text ?? `spec-${++questionCount}`) : vehicle.payload;
    const message = {
      message_type: type,
      ...(payload === undefined ? {} : { payload }),
      ...(carries || text === undefined ? {} : { note: text }),
    };
    return {
      text: JSON.stringify(message),
      message,
      isAnsweredBy: (reply) => reply.type === answer && (!carries || isDeepStrictEqual(reply.payload, payload)),
    };
  }

  /** Ends the case unless the next reply on `wire` answers `question`. */
  async expectAnswer(wire: RawConnection, question: TestQuestion, wait = this.timeoutMs): Promise<TargetReply> {
    const reply = await wire.reply(wait);
    if (reply !== undefined && question.isAnsweredBy(reply)) return reply;
    throw new CaseFailure(fail(`the answer to ${question.text}`, this.describeReply(reply, wire, wait)));
  }

  /** What came, in words: a reply, an end, or nothing. */
  describeReply(reply: TargetReply | undefined, wire: RawConnection, wait = this.timeoutMs): string {
    if (reply !== undefined) return quoteReply(reply);
    if (wire.ended) return `the end of the connection${wire.error === undefined ? '' : ` (${wire.error})`}`;
    return `nothing within ${wait / 1000} s`;
  }

  /** Notes a peer that the target was told of in another way, for it to be removed when the case is over. */
  removeAtEnd(address: string): void {
    this.#addedPeers.add(address);
  }

  /**
   * Tells the target of a peer, at a pace that it takes: an `add_peer` that came too fast is sent again later. Returns
   * the reply. The end of the case undoes it; `address` says what to remove where the payload is no address itself.
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

  /** Tells the target of a peer of the suite's and waits until it has dialed it. */
  async createDialedPeer(behaviour: FakePeerBehaviour = {}): Promise<FakePeer> {
    const peer = await this.createPeer(behaviour);
    await this.addPeer(peer.address);
    if (await peer.waitForDials(this.timeoutMs)) {
      // What follows the dial, a hello and the answer to it, should be over before the case goes on.
      if (behaviour.answersHello !== false) await peer.waitForMessage(({ type }) => type === 'hello', this.quietMs);
      return peer;
    }
    throw new CaseFailure(fail(`a dial to ${peer.address} after add_peer`, `none within ${this.timeoutMs / 1000} s`));
  }

  /** The target's peers. A reply that is no list of them ends the case. */
  async getPeers(): Promise<string[]> {
    const reply = await this.request({ message_type: 'get_peers' });
    if (isStringArray(reply?.payload)) return reply.payload;
    throw new CaseFailure(fail('peers with an array of "host:port"', quoteReply(reply)));
  }

  /** Asks again until the target's peers are as wanted, or time is up; returns what they were last. */
  async waitForPeers(wanted: (peers: string[]) => boolean): Promise<string[]> {
    const deadline = performance.now() + this.timeoutMs;
    for (;;) {
      const peers = await this.getPeers();
      if (wanted(peers) || performance.now() > deadline) return peers;
      await sleep(30);
    }
  }

  /** Whether the target still serves others: milliseconds until a fresh connection got its answer, or undefined. */
  async measureResponseMs(within = this.timeoutMs): Promise<number | undefined> {
    const start = performance.now();
    const question = this.createQuestion();
    const reply = await this.request(`${question.text}\n\n`, {}, within);
    if (reply === undefined || !question.isAnsweredBy(reply)) return undefined;
    return performance.now() - start;
  }

  /** Has the target forget what it was told, and closes everything. */
  async cleanUp(): Promise<void> {
    for (const wire of this.#connections) wire.close();
    if (this.profile.capabilities.has('remove_peer')) await this.#removePeers([...this.#addedPeers]);
    for (const peer of this.#peers) peer.close();
    this.#isClosed = true;
  }

  /** Closes everything at once. */
  abort(): void {
    this.#isClosed = true;
    for (const wire of this.#connections) wire.close();
    for (const peer of this.#peers) peer.close();
  }

  async #removePeers(peers: readonly string[]): Promise<void> {
    const messages = peers.map((payload) => formatMessage({ message_type: 'remove_peer', payload }));
    // One connection does where one can carry them all.
    const batches = this.profile.persistent ? [messages] : messages.map((message) => [message]);
    await Promise.all(batches.map((batch) => this.#sendAll(batch)));
  }

  async #sendAll(messages: readonly string[]): Promise<void> {
    try {
      const wire = await RawConnection.dial(this.target, 'conn 0', new Transcript(), this.timeoutMs);
      wire.send(messages.join(''));
      await wire.nextReplies(messages.length, this.timeoutMs);
      wire.close();
    } catch {
      // The question that follows each case finds out what is the matter with the target.
    }
  }
}
