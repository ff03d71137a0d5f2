import type { Message } from '../../protocol/index.ts';
import type { Connection, ConnectionOwner } from '../connection/connection.ts';
import { DeadlineTimer } from '../limits/deadline-timer.ts';
import { PendingRequests, type RetryRequest } from './pending-requests.ts';

/** Requests announced gossip from one of the peers that announced it, and from others if it does not arrive. */
export class MessageRequester {
  readonly #owner: ConnectionOwner;
  readonly #pending: PendingRequests<Connection>;
  readonly #timer: DeadlineTimer;

  constructor(owner: ConnectionOwner) {
    const { maxWanted, wantTimeoutMs } = owner.limits;
    this.#owner = owner;
    this.#pending = new PendingRequests(maxWanted, wantTimeoutMs);
    const onExpired = () => this.#retry(this.#pending.takeOverdue(owner.now()));
    this.#timer = new DeadlineTimer(() => this.#pending.nextDueAt, owner.now, onExpired);
  }

  /** Handles an announcement of ids that this node lacks; returns the request to reply with, if any. */
  onAnnouncement(ids: readonly string[], sender: Connection): Message | undefined {
    const now = this.#owner.now();
    const requested = ids.filter((id) => this.#pending.addAnnouncement(id, sender, now));
    if (requested.length === 0) return undefined;
    this.#timer.arm();
    return this.#createIwant(requested);
  }

  onReceived(id: string): void {
    this.#pending.delete(id);
  }

  /** Asks others for what the closed connection was to deliver. */
  onConnectionClosed(connection: Connection): void {
    if (this.#pending.announcementCount > 0) this.#retry(this.#pending.removePeer(connection, this.#owner.now()));
  }

  stop(): void {
    this.#timer.stop();
  }

  #retry(retries: readonly RetryRequest<Connection>[]): void {
    for (const { id, targets } of retries) {
      this.#owner.counters.gossip_late++;
      this.#owner.log.debug('gossip_late', { id, asking: targets.length });
      for (const connection of targets) connection.send(this.#createIwant([id]));
    }
    this.#timer.arm();
  }

  #createIwant(ids: string[]): Message {
    this.#owner.counters.gossip_asked += ids.length;
    return { message_type: 'iwant', payload: { ids } };
  }
}
