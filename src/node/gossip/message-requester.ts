import type { Counters, Limits, Message } from '../../protocol/index.ts';
import type { Connection } from '../connection/connection.ts';
import { DeadlineTimer } from '../limits/deadline-timer.ts';
import type { Log } from '../log/log.ts';
import { PendingRequests, type RetryRequest } from './pending-requests.ts';

/** What asking for news needs of its node. */
export interface RequesterOwner {
  readonly limits: Limits;
  readonly counters: Counters;
  readonly log: Log;
  readonly now: () => number;
}

/** Asks those that announce news for it: one of them at first, others if it does not come. */
export class MessageRequester {
  readonly #owner: RequesterOwner;
  readonly #pending: PendingRequests<Connection>;
  readonly #timer: DeadlineTimer;

  constructor(owner: RequesterOwner) {
    const { maxWanted, wantTimeoutMs } = owner.limits;
    this.#owner = owner;
    this.#pending = new PendingRequests(maxWanted, wantTimeoutMs);
    const expired = () => this.#retry(this.#pending.takeOverdue(owner.now()));
    this.#timer = new DeadlineTimer(() => this.#pending.nextDueAt, owner.now, expired);
  }

  /** Ids that this node lacks are announced; returns what to say to that, if anything. */
  onAnnouncement(ids: readonly string[], by: Connection): Message | undefined {
    const now = this.#owner.now();
    const asked = ids.filter((id) => this.#pending.addAnnouncement(id, by, now));
    if (asked.length === 0) return undefined;
    this.#timer.arm();
    return this.#createIwant(asked);
  }

  /** News is here. */
  onReceived(id: string): void {
    this.#pending.delete(id);
  }

  /** A connection is over: nothing comes by it any more. */
  onConnectionClosed(connection: Connection): void {
    if (this.#pending.announcementCount > 0) this.#retry(this.#pending.removePeer(connection, this.#owner.now()));
  }

  stop(): void {
    this.#timer.stop();
  }

  #retry(inquiries: readonly RetryRequest<Connection>[]): void {
    for (const { id, targets: ask } of inquiries) {
      this.#owner.counters.gossip_late++;
      this.#owner.log.debug('gossip_late', { id, asking: ask.length });
      for (const connection of ask) connection.send(this.#createIwant([id]));
    }
    this.#timer.arm();
  }

  #createIwant(ids: string[]): Message {
    this.#owner.counters.gossip_asked += ids.length;
    return { message_type: 'iwant', payload: { ids } };
  }
}
