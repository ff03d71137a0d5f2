import type { Socket } from 'node:net';
import { encode, errorMessage } from '../protocol/index.ts';
import { admit } from './admission.ts';
import { Connection, type Owner } from './connection.ts';
import { socketEnds } from './ends.ts';

/** The connections others have made to a node. */
export class Inbound {
  readonly #owner: Owner;
  readonly #admins: ReadonlySet<string>;
  readonly #open = new Set<Connection>();

  constructor(owner: Owner, admins: ReadonlySet<string>) {
    this.#owner = owner;
    this.#admins = admins;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#open.values();
  }

  /** Takes a new connection, or tells it why not. */
  accept(socket: Socket): void {
    const { counters, limits, log } = this.#owner;
    const ends = socketEnds(socket);
    if (ends === undefined) {
      socket.destroy();
      return;
    }
    const admission = admit(ends.host, this.#open, limits, this.#admins.has(ends.host));
    if (!admission.accept || admission.end !== undefined) counters.inbound_refused++;
    if (!admission.accept) {
      log.warn('inbound_refused', { from: ends.host, reason: admission.reason });
      refuse(socket, admission.reason);
      return;
    }
    if (admission.end !== undefined) {
      log.debug('inbound_ended', { from: admission.end.host, reason: 'made room' });
      this.#open.delete(admission.end);
      admission.end.drop('made room for another connection');
    }
    counters.inbound_accepted++;
    this.#owner.turns.hurry();
    this.#open.add(new Connection(socket, ends, false, this.#owner));
  }

  delete(connection: Connection): void {
    this.#open.delete(connection);
  }
}

function refuse(socket: Socket, reason: string): void {
  socket.on('error', () => {});
  socket.end(encode(errorMessage('rate_limited', reason)), () => socket.destroy());
}
