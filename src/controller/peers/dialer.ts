import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { encodeTunnelFrame, TunnelFrameReader } from '../../agents/tunnel/tunnel-frame.ts';
import type { Engine } from '../../engine/engine.ts';
import { type ExecSession, openExecSession } from '../../engine/exec.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import type { Dialer } from '../../network/dialer.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { DevnetError } from '../../shared/errors.ts';
import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';
import { type NetworkState, toRunningNodes } from '../state/network-state.ts';

/** Program of the relay, in the bundled node's image. */
const TUNNEL_COMMAND = ['node', '/devnet/tunnel.cjs'];

/**
 * Nodes are dialed directly where this machine is on their bridge, and through the devnet's relay container, over the
 * engine's API, where it is not: with Docker Desktop, or an engine elsewhere.
 * @param relayId container to go through; absent where none was made
 * @throws DevnetError `engine_unroutable` when there is neither way
 */
export async function openDialer(engine: Engine, network: EngineNetwork, relayId: string | undefined): Promise<Dialer> {
  if (await isLocalAddress(network.gateway)) return createDirectDialer(network.gateway);
  if (relayId !== undefined) return new TunnelDialer(await openExecSession(engine, relayId, TUNNEL_COMMAND));
  throw unroutableError(network);
}

/** Returns a dialer that looks for the way to a network's nodes when it is first used. */
export function createDialer(
  engine: Engine,
  { network, tunnelId }: Pick<NetworkState, 'network' | 'tunnelId'>,
): Dialer {
  let opening: Promise<Dialer> | undefined;
  return {
    async connect(host, port, timeoutMs) {
      // Without its network, a node's address may be somebody else's by now.
      if (!network) throw errorWithCode('ENETUNREACH');
      opening ??= openDialer(engine, network, tunnelId).catch((cause: unknown) => {
        opening = undefined;
        throw cause;
      });
      return (await opening).connect(host, port, timeoutMs);
    },
    close() {
      opening?.then(
        (dialer) => dialer.close(),
        () => {},
      );
    },
  };
}

/** A network's nodes and the way to them, as far as the engine's view of it goes. */
export type NodeAccess = Pick<RunningNetwork, 'name' | 'addresses' | 'dialer' | 'nodes'>;

/** Gives access to a network's nodes for as long as `use` takes. */
export async function withNodes<T>(
  engine: Engine,
  state: NetworkState,
  use: (access: NodeAccess) => Promise<T>,
): Promise<T> {
  const dialer = createDialer(engine, state);
  const nodes = toRunningNodes(state);
  const addresses = new Map(nodes.map(({ name, host, port }) => [name, { host, port }]));
  try {
    return await use({ name: state.name, addresses, dialer, nodes: async () => nodes });
  } finally {
    dialer.close();
  }
}

export function unroutableError({ gateway }: EngineNetwork): DevnetError {
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
export async function isLocalAddress(address: string): Promise<boolean> {
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
export function createDirectDialer(from: string): Dialer {
  return {
    async connect(host, port, timeout) {
      const socket = connect({ host, port, localAddress: from, noDelay: true });
      const cancel = setTimeoutAfterIo(timeout, () => socket.destroy(errorWithCode('ETIMEDOUT')));
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
class TunnelDialer implements Dialer {
  readonly #program: ExecSession;
  readonly #connections = new Map<number, TunnelConnection>();
  readonly #reader = new TunnelFrameReader();
  #nextConnectionId = 1;
  #endError: Error | undefined;

  constructor(program: ExecSession) {
    this.#program = program;
    program.onOutput((chunk) => this.#handleOutput(chunk));
    program.onEnd((failure) => {
      this.#endError = failure ?? errorWithCode('ECONNRESET');
      for (const connection of [...this.#connections.values()]) connection.handleRemoteClose('ECONNRESET');
    });
  }

  async connect(host: string, port: number, timeout: number): Promise<Duplex> {
    if (this.#endError) throw this.#endError;
    const number = this.#nextConnectionId++;
    const connection = new TunnelConnection(
      (kind, body) => {
        if (this.#connections.has(number) && !this.#endError)
          this.#program.write(encodeTunnelFrame(number, kind, body));
      },
      () => {
        if (this.#connections.delete(number) && !this.#endError)
          this.#program.write(encodeTunnelFrame(number, 'close'));
      },
    );
    this.#connections.set(number, connection);
    this.#program.write(encodeTunnelFrame(number, 'open', `${host}:${port}`));
    const cancel = setTimeoutAfterIo(timeout, () => connection.destroy(errorWithCode('ETIMEDOUT')));
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

  #handleOutput(chunk: Buffer): void {
    for (const { connection: number, kind, body } of this.#reader.push(chunk)) {
      const connection = this.#connections.get(number);
      if (kind === 'opened') connection?.emit('connect');
      else if (kind === 'data') connection?.push(body);
      else if (kind === 'close') {
        this.#connections.delete(number);
        connection?.handleRemoteClose(body.toString());
      }
    }
  }
}

/** A connection that the relay holds, as a stream here. */
class TunnelConnection extends Duplex {
  readonly #send: (kind: 'data' | 'end', body?: Buffer) => void;
  readonly #onClose: () => void;

  constructor(send: (kind: 'data' | 'end', body?: Buffer) => void, closed: () => void) {
    super({ allowHalfOpen: false });
    this.#send = send;
    this.#onClose = closed;
  }

  /** The other end is gone; `reason` is the system's code, or empty when it simply closed. */
  handleRemoteClose(reason: string): void {
    if (reason !== '') this.destroy(errorWithCode(reason));
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
    this.#onClose();
    done(error);
  }
}

function errorWithCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}
