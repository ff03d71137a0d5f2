import { createServer, type Server, type Socket } from 'node:net';
import { type LogFunction, NetemError } from '../shared/reporting.ts';
import type { LinkSettings } from '../state/link-state.ts';
import type { ClientServer } from '../state/shaping-plan.ts';
import { resetSocket } from './delay-line.ts';
import { dialServer, KEEP_ALIVE_MS } from './dial-server.ts';
import { pipeWithFaults } from './pipe.ts';

/** A node that others dial through the proxy. */
export interface ProxiedServer {
  address: string;
  /** Port that stands for each client: dialed on the server's address, the rules lead to the server in the client's name. */
  clients: ReadonlyMap<string, number>;
}

/** Looks up the settings of the link from one address to another. */
type LinkSettingsLookup = (from: string, to: string) => LinkSettings;

/** Carries connections between nodes, transparently for both ends. */
export interface TcpProxy {
  /**
   * Listens for the clients of each server, in addition to those before.
   *
   * @returns the port for each server's address
   * @throws NetemError when it cannot listen
   */
  listen(gateway: string, servers: readonly ProxiedServer[]): Promise<Map<string, number>>;
  /** Closes the listeners of all other servers; their connections stay open. */
  closeListenersExcept(servers: readonly ProxiedServer[]): void;
  /** Applies settings to all connections from now on. */
  setLinkSettings(settings: LinkSettingsLookup): void;
  /** Returns the client and server of each open connection. */
  connections(): ClientServer[];
  /** Resets all connections; resolves when they are closed. */
  close(): Promise<void>;
}

interface ServerListener {
  server: Server;
  port: number;
  clients: ReadonlyMap<string, number>;
}

interface ProxiedConnection extends ClientServer {
  /** The ends that are open. */
  sockets: Set<Socket>;
}

const UNCHANGED: LinkSettings = { conditions: {}, messageFaults: [] };

export function createTcpProxy(log: LogFunction): TcpProxy {
  const listeners = new Map<string, ServerListener>();
  const connections = new Set<ProxiedConnection>();
  let settingsFor: LinkSettingsLookup = () => UNCHANGED;

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
        reject(new NetemError(`the proxy cannot listen on ${gateway}: ${cause.message}`, { cause }));
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
    // Only the rules may lead connections here.
    if (client === undefined || !clients.has(client)) {
      resetSocket(socket);
      return;
    }
    socket.pause();
    const connection: ProxiedConnection = { client, server: address, sockets: new Set() };
    connections.add(connection);
    track(connection, socket);
    dialServer({ host: address, port: clients.get(client)!, localAddress: gateway, localPort: socket.remotePort }).then(
      (serverSocket) => {
        track(connection, serverSocket);
        if (socket.destroyed) {
          resetSocket(serverSocket);
          return;
        }
        pipeWithFaults(socket, serverSocket, () => settingsFor(client, address));
        pipeWithFaults(serverSocket, socket, () => settingsFor(address, client));
        socket.resume();
      },
      // The client was accepted before its server was dialed, so a refusal can only be passed on as a reset.
      () => resetSocket(socket),
    );
  }

  /** Counts a socket to a connection for as long as it is open. */
  function track(connection: ProxiedConnection, socket: Socket): void {
    connection.sockets.add(socket);
    // Before the other end is connected there is none to pass an error on to, and the close that follows is enough.
    socket.on('error', () => {});
    socket.once('close', () => {
      connection.sockets.delete(socket);
      if (connection.sockets.size === 0) connections.delete(connection);
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
      const kept = new Set(servers.map(({ address }) => address));
      for (const [address, { server }] of listeners) {
        if (kept.has(address)) continue;
        server.close();
        listeners.delete(address);
      }
    },
    setLinkSettings(settings) {
      settingsFor = settings;
    },
    connections: () => [...connections].map(({ client, server }) => ({ client, server })),
    async close() {
      for (const { server } of listeners.values()) server.close();
      listeners.clear();
      const sockets = [...connections].flatMap((connection) => [...connection.sockets]);
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) resetSocket(socket);
      await Promise.all(closed);
    },
  };
}
