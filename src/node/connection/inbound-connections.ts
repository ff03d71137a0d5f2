import type { Socket } from 'node:net';
import { encode, errorMessage } from '../../protocol/index.ts';
import { admit } from '../limits/admission.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { readSocketAddresses } from './socket-addresses.ts';

/** The connections others have made to a node. */
export class InboundConnections {
  readonly #owner: ConnectionOwner;
  readonly #admins: ReadonlySet<string>;
  readonly #connections = new Set<Connection>();

  constructor(owner: ConnectionOwner, admins: ReadonlySet<string>) {
    this.#owner = owner;
    this.#admins = admins;
  }

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#connections.values();
  }

  /** Takes a new connection, or tells it why not. */
  accept(socket: Socket): void {
    const { counters, limits, log } = this.#owner;
    const ends = readSocketAddresses(socket);
    if (ends === undefined) {
      socket.destroy();
      return;
    }
    const admission = admit(ends.host, this.#connections, limits, this.#admins.has(ends.host));
    if (!admission.accept || admission.evict !== undefined) counters.inbound_refused++;
    if (!admission.accept) {
      log.warn('inbound_refused', { from: ends.host, reason: admission.reason });
      refuseSocket(socket, admission.reason);
      return;
    }
    if (admission.evict !== undefined) {
      log.debug('inbound_ended', { from: admission.evict.host, reason: 'made room' });
      this.#connections.delete(admission.evict);
      admission.evict.drop('made room for another connection');
    }
    counters.inbound_accepted++;
    this.#owner.scheduler.onAccept();
    this.#connections.add(new Connection(socket, ends, false, this.#owner));
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }
}

function refuseSocket(socket: Socket, reason: string): void {
  socket.on('error', () => {});
  socket.end(encode(errorMessage('rate_limited', reason)), () => socket.destroy());
}
