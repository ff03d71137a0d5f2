import type { Counters, Limits, Message } from '../protocol/index.ts';
import type { Connection } from './connection.ts';
import { Expiry } from './expiry.ts';
import type { Log } from './log.ts';
import { type Inquiry, Wanted } from './wanted.ts';

/** What asking for news needs of its node. */
export interface RequestOwner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Log;
  readonly now: () => number;
}

/** Asks those that announce news for it: one of them at first, others if it does not come. */
export class Requests {
  readonly #owner: RequestOwner;
  readonly #wanted: Wanted<Connection>;
  readonly #expiry: Expiry;

  constructor(owner: RequestOwner) {
    const { maxWanted, wantTimeoutMs } = owner.limits;
    this.#owner = owner;
    this.#wanted = new Wanted(maxWanted, wantTimeoutMs);
    const expired = () => this.#ask(this.#wanted.overdue(owner.now()));
    this.#expiry = new Expiry(() => this.#wanted.due, owner.now, expired);
  }

  /** Ids that this node lacks are announced; returns what to say to that, if anything. */
  announced(ids: readonly string[], by: Connection): Message | undefined {
    const now = this.#owner.now();
    const asked = ids.filter((id) => this.#wanted.announced(id, by, now));
    if (asked.length === 0) return undefined;
    this.#expiry.arm();
    return this.#iwant(asked);
  }

  /** News is here. */
  came(id: string): void {
    this.#wanted.came(id);
  }

  /** A connection is over: nothing comes by it any more. */
  left(connection: Connection): void {
    if (this.#wanted.size > 0) this.#ask(this.#wanted.left(connection, this.#owner.now()));
  }

  stop(): void {
    this.#expiry.stop();
  }

  #ask(inquiries: readonly Inquiry<Connection>[]): void {
    for (const { id, ask } of inquiries) {
      this.#owner.counters.gossip_late++;
      this.#owner.log.debug('gossip_late', { id, asking: ask.length });
      for (const connection of ask) connection.send(this.#iwant([id]));
    }
    this.#expiry.arm();
  }

  #iwant(ids: string[]): Message {
    this.#owner.counters.gossip_asked += ids.length;
    return { message_type: 'iwant', payload: { ids } };
  }
}
