import { createServer, type Server, type Socket } from 'node:net';
import type { LogFunction } from '../shared/json-log.ts';
import { NetemError } from '../shared/netem-error.ts';
import type { LinkSettings } from '../state/link-settings.ts';
import { resetSocket } from './delay-line.ts';
import { dialServer, KEEP_ALIVE_MS } from './dial-server.ts';
import { pipeWithFaults } from './pipe.ts';

/** A node that is dialed, for all who dial it through the relay. */
export interface ProxiedServer {
  address: string;
  /** Of each client, the port that stands for it: dialed on the server's address, the rules lead to the server in the client's name. */
  clients: ReadonlyMap<string, number>;
}

/** Connections between nodes that go through this process, for either end unseen. */
export interface TcpProxy {
  /**
   * Makes sure there is a listener for each server.
   * @returns the port for each address @throws LinksError when it cannot listen
   */
  listen(gateway: string, servers: readonly ProxiedServer[]): Promise<Map<string, number>>;
  /** Closes the listeners for all other servers; connections stay. */
  closeListenersExcept(servers: readonly ProxiedServer[]): void;
  /** From now on, connections fare as this says. */
  setLinkSettings(lane: (from: string, to: string) => LinkSettings): void;
  /** Client and server of the connections that stand. */
  connections(): { client: string; server: string }[];
  /** Ends everything; resolves when all has ended. */
  close(): Promise<void>;
}

interface ServerListener {
  server: Server;
  port: number;
  clients: ReadonlyMap<string, number>;
}

interface ProxiedConnection {
  client: string;
  server: string;
  /** Those that are open. */
  sockets: Socket[];
}

const UNCHANGED: LinkSettings = { conditions: {}, messageFaults: [] };

export function createTcpProxy(log: LogFunction): TcpProxy {
  const listeners = new Map<string, ServerListener>();
  const connections = new Set<ProxiedConnection>();
  let laneOf: (from: string, to: string) => LinkSettings = () => UNCHANGED;

  async function open(gateway: string, address: string): Promise<ServerListener> {
    const server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    const listener: ServerListener = { server, port: 0, clients: new Map() };
    server.on('connection', (socket) => accept(gateway, address, listener.clients, socket));
    listener.port = await new Promise((resolve, reject) => {
      server.once('error', (cause) => {
        reject(new NetemError(`the relay cannot listen on ${gateway}: ${cause.message}`, { cause }));
      });
      server.listen({ host: gateway, port: 0 }, () => resolve((server.address() as { port: number }).port));
    });
    server.removeAllListeners('error').on('error', ({ message }) => {
      log('error', 'relay_cannot_accept', { message });
    });
    return listener;
  }

  function accept(gateway: string, address: string, clients: ServerListener['clients'], socket: Socket): void {
    const client = socket.remoteAddress;
    const port = clients.get(client ?? '');
    // Who comes here without the rules having led it here has no business here.
    if (client === undefined || port === undefined) {
      resetSocket(socket);
      return;
    }
    socket.pause();
    const connection: ProxiedConnection = { client, server: address, sockets: [] };
    connections.add(connection);
    keep(connection, socket);
    dialServer({ host: address, port, localAddress: gateway, localPort: socket.remotePort }).then(
      (far) => {
        keep(connection, far);
        if (socket.destroyed) {
          resetSocket(far);
          return;
        }
        pipeWithFaults(socket, far, () => laneOf(client, address));
        pipeWithFaults(far, socket, () => laneOf(address, client));
        socket.resume();
      },
      // The client was let in before its server was asked: a refusal can only follow as a reset.
      () => resetSocket(socket),
    );
  }

  /** Counts an end to a connection for as long as it is open. */
  function keep(connection: ProxiedConnection, end: Socket): void {
    connection.sockets.push(end);
    // Until the other end stands there is nobody to tell, and the close that follows is seen.
    end.on('error', () => {});
    end.once('close', () => {
      connection.sockets = connection.sockets.filter((other) => other !== end);
      if (connection.sockets.length === 0) connections.delete(connection);
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
    closeListenersExcept(servers) {
      const named = new Set(servers.map(({ address }) => address));
      for (const [address, { server }] of listeners) {
        if (named.has(address)) continue;
        server.close();
        listeners.delete(address);
      }
    },
    setLinkSettings(lane) {
      laneOf = lane;
    },
    connections: () => [...connections].map(({ client, server }) => ({ client, server })),
    async close() {
      for (const { server } of listeners.values()) server.close();
      listeners.clear();
      const ends = [...connections].flatMap((connection) => connection.sockets);
      const closed = ends.map((end) => new Promise((resolve) => end.once('close', resolve)));
      for (const end of ends) resetSocket(end);
      await Promise.all(closed);
    },
  };
}
