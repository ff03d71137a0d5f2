import { setTimeout as wait } from 'node:timers/promises';
import type { Dial } from '../kernel/watch-dials.ts';
import type { LinkSettings } from '../state/link-state.ts';
import type { ClientServer } from '../state/shaping-plan.ts';
import { DeliverySchedule, TransmitQueue } from './delivery-schedule.ts';
import { pipeWithFaults } from './pipe.ts';
import { isPortTaken, openProxySocket, type ProxySocket, resetSocket } from './proxy-socket.ts';

/** Routes by which the rules lead the proxy's connections to both ends, in the name of the other. */
export interface ProxyRoute {
  /** Address of the bridge, which the proxy connects from. */
  gateway: string;
  /** Port that stands for the client and its port: dialed on the server's address. */
  dialPort: number;
  /** Port that stands for the server and its port: connected from to the client. */
  answerPort: number;
  /** The same, to refuse a connection. */
  refusePort: number;
}

export interface TcpProxyOptions {
  /**
   * Looks up the route for a connection.
   * @param taken answer port that is not free on this machine
   * @returns undefined where the link is not intercepted any more
   */
  routeTo: (dial: Dial, taken?: number) => Promise<ProxyRoute | undefined>;
  /** Looks up the settings in force of the link from one address to another. */
  settings: (from: string, to: string) => LinkSettings;
}

/** Carries connections between nodes, transparently for both ends. */
export interface TcpProxy {
  /** Must be called when a node dials another one and its first packet was dropped. */
  onDial(dial: Dial): void;
  /** Returns the client and server of each connection that is open or opening. */
  connections(): ClientServer[];
  /** Resets all connections; resolves when they are closed. */
  close(): Promise<void>;
}

/** A client that dials again on the same port this soon only repeats the packet that was just answered. */
const REPEATED_DIAL_MS = 500;
/** Time for a refusal to reach a client, which is on this machine. */
const REFUSAL_MS = 1_000;
/** Time for the report of a dial to get here, which counts as part of the delay. Measured. */
const REPORT_OVERHEAD_MS = 1;
const MAX_ROUTE_ATTEMPTS = 8;

interface ProxiedConnection {
  dial: Dial;
  sockets: Set<ProxySocket>;
  /** Time at which both ends were connected; undefined before. */
  openedAt: number | undefined;
  /** Aborted when the proxy drops it. */
  abort: AbortController;
}

/**
 * A connection is opened as it would be without the proxy: the client's first packet is dropped by the rules and reported;
 * when it would have arrived, the proxy dials the server in the client's name; when the server's answer would have arrived,
 * it passes the answer on. An acceptance is a connection to the client in the server's name: both have dialed each other then,
 * which TCP takes for one connection (RFC 9293, 3.5), so that the client sees nothing but its own dial succeed. A refusal is
 * passed on as one. Where the server does not answer, nobody does, and the client's dial times out as it would.
 */
export function createTcpProxy({ routeTo, settings }: TcpProxyOptions): TcpProxy {
  const connections = new Map<string, ProxiedConnection>();
  const queues = new Map<string, TransmitQueue>();

  function queueBetween(from: string, to: string): TransmitQueue {
    const key = `${from} ${to}`;
    const queue = queues.get(key) ?? new TransmitQueue();
    queues.set(key, queue);
    return queue;
  }

  /** Waits for as long as a packet without content takes. */
  async function travel(from: string, to: string, { abort }: ProxiedConnection, since: number): Promise<void> {
    const { conditions } = settings(from, to);
    const due = new DeliverySchedule(queueBetween(from, to)).nextArrival(1, since, conditions, Math.random);
    await waitUntil(due, abort.signal);
  }

  async function connectThrough(connection: ProxiedConnection): Promise<void> {
    const { client, clientPort, server } = connection.dial;
    const started = performance.now() - REPORT_OVERHEAD_MS;
    let route = await routeTo(connection.dial);
    if (!route) return;
    const { gateway, dialPort } = route;
    const track = (socket: ProxySocket) => trackSocket(connection, socket);
    await travel(client, server, connection, started);
    const answered = () => travel(server, client, connection, performance.now());
    let upstream: ProxySocket;
    try {
      const target = { host: server, port: dialPort, localAddress: gateway, localPort: clientPort };
      upstream = await openProxySocket(target, track);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') return;
      await answered();
      forget(connection);
      refuse(connection.dial, gateway, route.refusePort);
      return;
    }
    await answered();
    let downstream: ProxySocket | undefined;
    for (let attempts = 0; route && downstream === undefined; attempts++) {
      const { answerPort } = route;
      try {
        const target = { host: client, port: clientPort, localAddress: gateway, localPort: answerPort };
        downstream = await openProxySocket(target, track, true);
      } catch (error) {
        const isTaken = isPortTaken(error) && attempts < MAX_ROUTE_ATTEMPTS;
        // The client has given up, or cannot be reached: the server sees its end of the connection reset.
        if (!isTaken) return resetSocket(upstream);
        route = await routeTo(connection.dial, answerPort);
      }
    }
    if (!downstream) return resetSocket(upstream);
    connection.openedAt = performance.now();
    pipeWithFaults(downstream, upstream, () => settings(client, server), queueBetween(client, server));
    pipeWithFaults(upstream, downstream, () => settings(server, client), queueBetween(server, client));
    downstream.resume();
    // The server learns that it is connected only when the client's answer to its own has arrived.
    await travel(client, server, connection, performance.now());
    upstream.resume();
  }

  /** Counts a socket to a connection for as long as it is open. */
  function trackSocket(connection: ProxiedConnection, socket: ProxySocket): void {
    connection.sockets.add(socket);
    // An error ends the socket, and what follows from that is seen by its close.
    socket.on('error', () => {});
    socket.once('close', () => {
      connection.sockets.delete(socket);
      if (connection.openedAt !== undefined && connection.sockets.size === 0) forget(connection);
    });
  }

  function forget(connection: ProxiedConnection): void {
    const key = keyOf(connection.dial);
    if (connections.get(key) === connection) connections.delete(key);
  }

  function drop(connection: ProxiedConnection): void {
    forget(connection);
    connection.abort.abort();
    for (const socket of connection.sockets) resetSocket(socket);
  }

  return {
    onDial(dial) {
      const known = connections.get(keyOf(dial));
      if (known) {
        const { openedAt } = known;
        if (openedAt === undefined || performance.now() - openedAt < REPEATED_DIAL_MS) return;
        // The client has forgotten the connection, as after a crash.
        drop(known);
      }
      const connection: ProxiedConnection = {
        dial,
        sockets: new Set(),
        openedAt: undefined,
        abort: new AbortController(),
      };
      connections.set(keyOf(dial), connection);
      connectThrough(connection)
        .catch(() => {}) // It was dropped.
        .finally(() => {
          if (connection.openedAt === undefined || connection.sockets.size === 0) forget(connection);
        });
    },
    connections: () => [...connections.values()].map(({ dial: { client, server } }) => ({ client, server })),
    async close() {
      const sockets = [...connections.values()].flatMap((connection) => [...connection.sockets]);
      const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const connection of [...connections.values()]) drop(connection);
      await Promise.all(closed);
    },
  };
}

/** Ends a client's dial: the rules refuse the client's answer to this one, which never succeeds. */
function refuse({ client, clientPort }: Dial, gateway: string, refusePort: number): void {
  const target = { host: client, port: clientPort, localAddress: gateway, localPort: refusePort };
  const giveUp = (socket: ProxySocket) => {
    const timer = setTimeout(() => socket.destroy(), REFUSAL_MS);
    socket.once('close', () => clearTimeout(timer));
  };
  openProxySocket(target, giveUp, true).catch(() => {});
}

const keyOf = ({ client, clientPort, server, serverPort }: Dial): string =>
  `${client}:${clientPort} ${server}:${serverPort}`;

/** Timers have whole milliseconds: the last part of one is waited for by polling the event loop. */
async function waitUntil(time: number, signal: AbortSignal): Promise<void> {
  const milliseconds = Math.floor(time - performance.now()) - 1;
  if (milliseconds > 0) await wait(milliseconds, undefined, { signal });
  while (performance.now() < time) await new Promise(setImmediate);
  signal.throwIfAborted();
}
