import { createServer, type Server, type Socket } from 'node:net';
import { LinksError } from '../links-error.ts';
import type { Log } from '../log.ts';
import { dial, KEEP_ALIVE } from './dial.ts';
import type { Lane } from './lane.ts';
import { reset } from './line.ts';
import { carry } from './stream.ts';

/** A node that is dialed, for all who dial it through the relay. */
export interface Dialed {
  address: string;
  /** Of each client, the port that stands for it: dialed on the server's address, the rules lead to the server in the client's name. */
  clients: ReadonlyMap<string, number>;
}

/** Connections between nodes that go through this process, for either end unseen. */
export interface Relay {
  /**
   * Makes sure there is a listener for each server.
   * @returns the port for each address @throws LinksError when it cannot listen
   */
  listen(gateway: string, servers: readonly Dialed[]): Promise<Map<string, number>>;
  /** Closes the listeners for all other servers; connections stay. */
  listenOnly(servers: readonly Dialed[]): void;
  /** From now on, connections fare as this says. */
  shape(lane: (from: string, to: string) => Lane): void;
  /** Client and server of the connections that stand. */
  connections(): { client: string; server: string }[];
  /** Ends everything; resolves when all has ended. */
  close(): Promise<void>;
}

interface Listener {
  server: Server;
  port: number;
  clients: ReadonlyMap<string, number>;
}

interface Connection {
  client: string;
  server: string;
  /** Those that are open. */
  ends: Socket[];
}

const AS_IT_IS: Lane = { quality: {}, faults: [] };

export function createRelay(log: Log): Relay {
  const listeners = new Map<string, Listener>();
  const connections = new Set<Connection>();
  let laneOf: (from: string, to: string) => Lane = () => AS_IT_IS;

  async function open(gateway: string, address: string): Promise<Listener> {
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE,
    });
    const listener: Listener = { server, port: 0, clients: new Map() };
    server.on('connection', (socket) => accept(gateway, address, listener.clients, socket));
    listener.port = await new Promise((resolve, reject) => {
      server.once('error', (cause) => {
        reject(new LinksError(`the relay cannot listen on ${gateway}: ${cause.message}`, { cause }));
      });
      server.listen({ host: gateway, port: 0 }, () => resolve((server.address() as { port: number }).port));
    });
    server.removeAllListeners('error').on('error', ({ message }) => {
      log('error', 'relay_cannot_accept', { message });
    });
    return listener;
  }

  function accept(gateway: string, address: string, clients: Listener['clients'], socket: Socket): void {
    const client = socket.remoteAddress;
    const port = clients.get(client ?? '');
    // Who comes here without the rules having led it here has no business here.
    if (client === undefined || port === undefined) {
      reset(socket);
      return;
    }
    socket.pause();
    const connection: Connection = { client, server: address, ends: [] };
    connections.add(connection);
    keep(connection, socket);
    dial({ host: address, port, localAddress: gateway, localPort: socket.remotePort }).then(
      (far) => {
        keep(connection, far);
        if (socket.destroyed) {
          reset(far);
          return;
        }
        carry(socket, far, () => laneOf(client, address));
        carry(far, socket, () => laneOf(address, client));
        socket.resume();
      },
      // The client was let in before its server was asked: a refusal can only follow as a reset.
      () => reset(socket),
    );
  }

  /** Counts an end to a connection for as long as it is open. */
  function keep(connection: Connection, end: Socket): void {
    connection.ends.push(end);
    // Until the other end stands there is nobody to tell, and the close that follows is seen.
    end.on('error', () => {});
    end.once('close', () => {
      connection.ends = connection.ends.filter((other) => other !== end);
      if (connection.ends.length === 0) connections.delete(connection);
    });
  }

  return {
    async listen(gateway, servers) {
      const ports = new Map<string, number>();
      for (const { address, clients } of servers) {
        const listener = listeners.get(address) ?? (await open(gateway, address));
        listeners.set(address, listener);
        listener.clients = clients;
        ports.set(address, listener.port);
      }
      return ports;
    },
    listenOnly(servers) {
      const named = new Set(servers.map(({ address }) => address));
      for (const [address, { server }] of listeners) {
        if (named.has(address)) continue;
        server.close();
        listeners.delete(address);
      }
    },
    shape(lane) {
      laneOf = lane;
    },
    connections: () => [...connections].map(({ client, server }) => ({ client, server })),
    async close() {
      for (const { server } of listeners.values()) server.close();
      listeners.clear();
      const ends = [...connections].flatMap((connection) => connection.ends);
      const closed = ends.map((end) => new Promise((resolve) => end.once('close', resolve)));
      for (const end of ends) reset(end);
      await Promise.all(closed);
    },
  };
}
