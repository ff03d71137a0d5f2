import type { Socket } from 'node:net';
import { createErrorMessage, encode } from '../../protocol/index.ts';
import { admit } from '../limits/admission.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { readSocketAddresses } from './socket-addresses.ts';

/** The connections that others have opened to a node. */
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

  /** Accepts a new connection, or refuses it with an `error` message. */
  accept(socket: Socket): void {
    const { counters, limits, log } = this.#owner;
    const addresses = readSocketAddresses(socket);
    if (addresses === undefined) {
      socket.destroy();
      return;
    }
    const { host } = addresses;
    const admission = admit(host, this.#connections, limits, this.#admins.has(host));
    if (!admission.accept) {
      counters.inbound_refused++;
      log.warn('inbound_refused', { from: host, reason: admission.reason });
      socket.on('error', () => {});
      socket.end(encode(createErrorMessage('rate_limited', admission.reason)), () => socket.destroy());
      return;
    }
    if (admission.evict !== undefined) {
      counters.inbound_refused++;
      log.debug('inbound_ended', { from: admission.evict.host, reason: 'made room for a new connection' });
      this.#connections.delete(admission.evict);
      admission.evict.drop('closed to make room for a new connection');
    }
    counters.inbound_accepted++;
    this.#owner.scheduler.onAccept();
    this.#connections.add(new Connection(socket, addresses, false, this.#owner));
  }

  delete(connection: Connection): void {
    this.#connections.delete(connection);
  }
}
