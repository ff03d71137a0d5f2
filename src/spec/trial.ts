import { isDeepStrictEqual } from 'node:util';
import { sleep } from './changes.ts';
import { Exchange } from './exchange.ts';
import type { Pace } from './pace.ts';
import { type Behaviour, Peer } from './peer.ts';
import { type Contact, frame, isList, type Profile } from './profile.ts';
import { type Reply, show } from './reply.ts';
import { fail, Judgement } from './verdict.ts';
import { type Route, Wire } from './wire.ts';

/** What the target is told of itself and its surroundings beside its address. */
export interface Circumstances extends Contact {
  /** The suite's own IPv6 address that the target can dial, if there is one. */
  readonly listenHost6: string | undefined;
  /** Another address of this machine to dial from, if there is one: somebody else, to the target. */
  readonly otherAddress: string | undefined;
  readonly pace: Pace;
  /** Bytes of the largest message the target takes. */
  readonly maxMessage: number;
  /** Milliseconds in which a message must be complete. */
  readonly messageTimeout: number;
  /** Milliseconds after which the target takes a silent link for dead. */
  readonly deadAfter: number;
  /** Try what takes minutes, too. */
  readonly slow: boolean;
}

/** A question that any target answers: its text, and whether a reply is the answer to it. */
export interface Question {
  readonly text: string;
  readonly message: { message_type: string; payload?: unknown };
  isAnsweredBy(reply: Reply): boolean;
}

/** Times an `add_peer` that came too fast is tried again. */
const PATIENCE = 8;

let questions = 0;

/** One run of one case: its connections, its peers, and what it noted. */
export class Trial {
  readonly target: Circumstances;
  readonly profile: Profile;
  readonly exchange = new Exchange();
  /** Milliseconds from the last question that `ask` sent to the reply. */
  took = 0;
  readonly #wires: Wire[] = [];
  readonly #peers: Peer[] = [];
  /** What the target may have as peers by now. */
  readonly #added = new Set<string>();
  #dialed = 0;
  #listened = 0;
  #closed = false;

  constructor(target: Circumstances, profile: Profile) {
    this.target = target;
    this.profile = profile;
  }

  /** Milliseconds to wait for something that should come. */
  get wait(): number {
    return this.target.timeout;
  }

  /** Milliseconds to wait for something that should not come. */
  get quiet(): number {
    return Math.min(300, this.target.timeout / 3);
  }

  /** Opens a connection to the target. A refusal ends the case: it should have accepted. */
  async dial(route: Partial<Route> = {}): Promise<Wire> {
    const name = `conn ${++this.#dialed}`;
    const { host, port, localAddress } = this.target;
    try {
      const wire = await Wire.dial({ host, port, localAddress, ...route }, name, this.exchange, this.wait * 2);
      if (this.#closed) wire.close();
      this.#wires.push(wire);
      return wire;
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      this.exchange.event(name, reason);
      throw new Judgement(fail('a connection', reason));
    }
  }

  /** A peer on the suite's side, for the target to dial. */
  async listen(behaviour: Behaviour = {}, host = this.target.listenHost): Promise<Peer> {
    const peer = await Peer.listen(host, `peer ${++this.#listened}`, this.exchange, behaviour);
    if (this.#closed) peer.close();
    this.#peers.push(peer);
    return peer;
  }

  /** Sends on a connection, which is half-closed where the target would not answer otherwise. */
  put(wire: Wire, text: string | Uint8Array): void {
    wire.send(text);
    if (this.profile.readsToEnd) wire.halfClose();
  }

  /** Sends a message (or raw text) on a connection of its own and returns the first reply to it. */
  async ask(message: unknown, route: Partial<Route> = {}, wait = this.wait): Promise<Reply | undefined> {
    const wire = await this.dial(route);
    const start = performance.now();
    this.put(wire, typeof message === 'string' || message instanceof Uint8Array ? message : frame(message));
    const reply = await wire.reply(wait);
    this.took = performance.now() - start;
    wire.close();
    return reply;
  }

  /**
   * A question this target answers. With `text`, that stands in the question: where the target can say it back it has
   * to, elsewhere it is a field the target ignores.
   */
  question(text?: string): Question {
    const { vehicle } = this.profile;
    if (vehicle === undefined) throw new Error('a case that asks questions must need "question"');
    const { type, answer, carries } = vehicle;
    const payload = carries ? (text ?? `spec-${++questions}`) : vehicle.payload;
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
  async mustAnswer(wire: Wire, question: Question, wait = this.wait): Promise<Reply> {
    const reply = await wire.reply(wait);
    if (reply !== undefined && question.isAnsweredBy(reply)) return reply;
    throw new Judgement(fail(`the answer to ${question.text}`, this.describe(reply, wire, wait)));
  }

  /** What came, in words: a reply, an end, or nothing. */
  describe(reply: Reply | undefined, wire: Wire, wait = this.wait): string {
    if (reply !== undefined) return show(reply);
    if (wire.ended) return `the end of the connection${wire.error === undefined ? '' : ` (${wire.error})`}`;
    return `nothing within ${wait / 1000} s`;
  }

  /** Notes a peer that the target was told of in another way, for it to be removed when the case is over. */
  undo(address: string): void {
    this.#added.add(address);
  }

  /**
   * Tells the target of a peer, at a pace that it takes: an `add_peer` that came too fast is sent again later. Returns
   * the reply. The end of the case undoes it; `address` says what to remove where the payload is no address itself.
   */
  async addPeer(payload: unknown, address?: string): Promise<Reply | undefined> {
    const peer = address ?? payload;
    if (typeof peer === 'string') this.undo(peer);
    for (let left = PATIENCE; ; left--) {
      await this.target.pace.turn();
      const reply = await this.ask({ message_type: 'add_peer', payload });
      if (reply?.code !== 'rate_limited' || left === 0) return reply;
      this.target.pace.limit();
    }
  }

  /** Tells the target of a peer of the suite's and waits until it has dialed it. */
  async link(behaviour: Behaviour = {}): Promise<Peer> {
    const peer = await this.listen(behaviour);
    await this.addPeer(peer.address);
    if (await peer.dialed(this.wait)) {
      // What follows the dial, a hello and the answer to it, should be over before the case goes on.
      if (behaviour.polite !== false) await peer.hears(({ type }) => type === 'hello', this.quiet);
      return peer;
    }
    throw new Judgement(fail(`a dial to ${peer.address} after add_peer`, `none within ${this.wait / 1000} s`));
  }

  /** The target's peers. A reply that is no list of them ends the case. */
  async peers(): Promise<string[]> {
    const reply = await this.ask({ message_type: 'get_peers' });
    if (isList(reply?.payload)) return reply.payload;
    throw new Judgement(fail('peers with an array of "host:port"', show(reply)));
  }

  /** Asks again until the target's peers are as wanted, or time is up; returns what they were last. */
  async peersUntil(wanted: (peers: string[]) => boolean): Promise<string[]> {
    const deadline = performance.now() + this.wait;
    for (;;) {
      const peers = await this.peers();
      if (wanted(peers) || performance.now() > deadline) return peers;
      await sleep(30);
    }
  }

  /** Whether the target still serves others: milliseconds until a fresh connection got its answer, or undefined. */
  async served(within = this.wait): Promise<number | undefined> {
    const start = performance.now();
    const question = this.question();
    const reply = await this.ask(`${question.text}\n\n`, {}, within);
    if (reply === undefined || !question.isAnsweredBy(reply)) return undefined;
    return performance.now() - start;
  }

  /** Has the target forget what it was told, and closes everything. */
  async close(): Promise<void> {
    for (const wire of this.#wires) wire.close();
    if (this.profile.abilities.has('remove_peer')) await this.#remove([...this.#added]);
    for (const peer of this.#peers) peer.close();
    this.#closed = true;
  }

  /** Closes everything at once. */
  abandon(): void {
    this.#closed = true;
    for (const wire of this.#wires) wire.close();
    for (const peer of this.#peers) peer.close();
  }

  async #remove(peers: readonly string[]): Promise<void> {
    const messages = peers.map((payload) => frame({ message_type: 'remove_peer', payload }));
    // One connection does where one can carry them all.
    const batches = this.profile.persistent ? [messages] : messages.map((message) => [message]);
    await Promise.all(batches.map((batch) => this.#tell(batch)));
  }

  async #tell(messages: readonly string[]): Promise<void> {
    try {
      const wire = await Wire.dial(this.target, 'conn 0', new Exchange(), this.wait);
      wire.send(messages.join(''));
      await wire.several(messages.length, this.wait);
      wire.close();
    } catch {
      // The question that follows each case finds out what is the matter with the target.
    }
  }
}
