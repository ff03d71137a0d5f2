import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { LinksError } from '../links-error.ts';
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
  ends: Socket[];
}

const AS_IT_IS: Lane = { quality: {}, faults: [] };

export function createRelay(): Relay {
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
    server.on('connection', (socket) => accept(gateway, address, listener, socket));
    listener.port = await new Promise((resolve, reject) => {
      server.once('error', (cause) => {
        reject(new LinksError(`the relay cannot listen on ${gateway}: ${cause.message}`, { cause }));
      });
      server.listen({ host: gateway, port: 0 }, () => resolve((server.address() as { port: number }).port));
    });
    return listener;
  }

  function accept(gateway: string, address: string, { clients }: Listener, socket: Socket): void {
    const client = socket.remoteAddress;
    const port = clients.get(client ?? '');
    // Who comes here without the rules having led it here has no business here.
    if (client === undefined || port === undefined) {
      reset(socket);
      return;
    }
    socket.pause();
    let gone = false;
    const lost = () => {
      gone = true;
    };
    socket.once('error', lost);
    dial({ host: address, port, localAddress: gateway, localPort: socket.remotePort }).then(
      (far) => {
        if (gone) return reset(far);
        socket.off('error', lost);
        join(client, socket, address, far);
      },
      // The client was let in before its server was asked: a refusal can only follow as a reset.
      () => reset(socket),
    );
  }

  function join(client: string, near: Socket, server: string, far: Socket): void {
    const connection: Connection = { client, server, ends: [near, far] };
    connections.add(connection);
    let open = connection.ends.length;
    for (const end of connection.ends) end.once('close', () => --open === 0 && connections.delete(connection));
    carry(near, far, () => laneOf(client, server));
    carry(far, near, () => laneOf(server, client));
    near.resume();
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
      const ends = [...connections].flatMap((connection) => connection.ends).filter((end) => !end.destroyed);
      const closed = ends.map((end) => once(end, 'close'));
      for (const end of ends) reset(end);
      await Promise.all(closed);
    },
  };
}
