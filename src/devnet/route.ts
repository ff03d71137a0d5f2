import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { afterReading } from '../after-reading.ts';
import type { Engine } from '../engine/engine.ts';
import { openProgram, type Program } from '../engine/exec.ts';
import type { Network } from '../engine/networks.ts';
import { DevnetError } from '../errors.ts';
import { encodeFrame, TunnelReader } from '../relay/tunnel.ts';

/** The controller's way to a devnet's nodes. Where others dial a node is one thing; how the controller gets there another. */
export interface Route {
  /**
   * Opens a connection.
   * @param timeout milliseconds
   * @throws an error with the system's `code`: ECONNREFUSED, EHOSTUNREACH, ETIMEDOUT, …
   */
  connect(host: string, port: number, timeout: number): Promise<Duplex>;
  close(): void;
}

/** Program of the relay, in the bundled node's image. */
const RELAY_PROGRAM = ['node', '/devnet/relay.cjs'];

/**
 * Nodes are dialed directly where this machine is on their bridge, and through the devnet's relay container, over the
 * engine's API, where it is not: with Docker Desktop, or an engine elsewhere.
 * @param relayId container to go through; absent where none was made
 * @throws DevnetError `engine_unroutable` when there is neither way
 */
export async function openRoute(engine: Engine, network: Network, relayId: string | undefined): Promise<Route> {
  if (await isOwnAddress(network.gateway)) return directRoute(network.gateway);
  if (relayId !== undefined) return new RelayRoute(await openProgram(engine, relayId, RELAY_PROGRAM));
  throw unroutable(network);
}

export function unroutable({ gateway }: Network): DevnetError {
  return new DevnetError(
    'engine_unroutable',
    `this machine is not on the devnet's network (it does not have ${gateway})`,
    {
      hint: "it was brought up on the engine's own machine: bring it up from here, or ask about it from there",
    },
  );
}

/**
 * Whether this machine has an address. Asked by binding to it, since a bridge without containers is not among
 * os.networkInterfaces(), and by connecting to it, since a machine without any network lets anything be bound.
 */
export async function isOwnAddress(address: string): Promise<boolean> {
  const server = createServer((socket) => socket.destroy()).listen(0, address);
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: address, port });
    try {
      await once(socket, 'connect');
      return true;
    } finally {
      socket.destroy();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRNOTAVAIL' || code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return false;
    throw cause;
  } finally {
    server.close();
  }
}

/**
 * Where this machine is on the nodes' network itself.
 * @param from our own address there: dialing from it makes a dial to a network that is gone fail at once, instead of leaving
 *   through the default route towards whoever has that address out there
 */
export function directRoute(from: string): Route {
  return {
    async connect(host, port, timeout) {
      const socket = connect({ host, port, localAddress: from, noDelay: true });
      const cancel = afterReading(timeout, () => socket.destroy(withCode('ETIMEDOUT')));
      try {
        await once(socket, 'connect');
        return socket;
      } finally {
        cancel();
      }
    },
    close() {},
  };
}

/** Many connections over one program in the relay container. */
class RelayRoute implements Route {
  readonly #program: Program;
  readonly #connections = new Map<number, RelayedConnection>();
  readonly #reader = new TunnelReader();
  #next = 1;
  #ended: Error | undefined;

  constructor(program: Program) {
    this.#program = program;
    program.onOutput((chunk) => this.#read(chunk));
    program.onEnd((failure) => {
      this.#ended = failure ?? withCode('ECONNRESET');
      for (const connection of [...this.#connections.values()]) connection.over('ECONNRESET');
    });
  }

  async connect(host: string, port: number, timeout: number): Promise<Duplex> {
    if (this.#ended) throw this.#ended;
    const number = this.#next++;
    const connection = new RelayedConnection(
      (kind, body) => {
        if (this.#connections.has(number) && !this.#ended) this.#program.write(encodeFrame(number, kind, body));
      },
      () => {
        if (this.#connections.delete(number) && !this.#ended) this.#program.write(encodeFrame(number, 'close'));
      },
    );
    this.#connections.set(number, connection);
    this.#program.write(encodeFrame(number, 'open', `${host}:${port}`));
    const cancel = afterReading(timeout, () => connection.destroy(withCode('ETIMEDOUT')));
    try {
      await once(connection, 'connect');
      return connection;
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#program.close();
  }

  #read(chunk: Buffer): void {
    for (const { connection: number, kind, body } of this.#reader.push(chunk)) {
      const connection = this.#connections.get(number);
      if (kind === 'opened') connection?.emit('connect');
      else if (kind === 'data') connection?.push(body);
      else if (kind === 'close') {
        this.#connections.delete(number);
        connection?.over(body.toString());
      }
    }
  }
}

/** A connection that the relay holds, as a stream here. */
class RelayedConnection extends Duplex {
  readonly #send: (kind: 'data' | 'end', body?: Buffer) => void;
  readonly #closed: () => void;

  constructor(send: (kind: 'data' | 'end', body?: Buffer) => void, closed: () => void) {
    super({ allowHalfOpen: false });
    this.#send = send;
    this.#closed = closed;
  }

  /** The other end is gone; `reason` is the system's code, or empty when it simply closed. */
  over(reason: string): void {
    if (reason !== '') this.destroy(withCode(reason));
    else {
      this.push(null);
      this.resume();
    }
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#send('data', chunk);
    done();
  }

  override _final(done: () => void): void {
    this.#send('end');
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#closed();
    done(error);
  }
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
