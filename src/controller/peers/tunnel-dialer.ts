import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { FrameBatch } from '../../agents/tunnel/frame-batch.ts';
import { encodeTunnelFrame, TunnelFrameReader } from '../../agents/tunnel/tunnel-frame.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import { type ContainerSession, openExecSession } from '../../engine/exec.ts';
import { type Dialer, errorWithCode } from '../../network/dialer.ts';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';

/** Program in the image of the bundled node. */
const TUNNEL_COMMAND = ['node', '/devnet/tunnel.cjs'];
/** Time for the program to start. */
const START_TIMEOUT_MS = 15_000;
/** A port of the tunnel container that nothing listens on. */
const UNUSED_PORT = 1;

/** A dialer through a tunnel container. */
export interface TunnelDialer extends Dialer {
  /** Lets this process end while it is open. */
  unref(): void;
}

/**
 * Opens a dialer that goes through a tunnel container, in which it starts a program of its own.
 * @param onEnd called when the program has ended, with the container or the engine
 */
export async function openTunnelDialer(engine: Engine, containerId: string, onEnd: () => void): Promise<TunnelDialer> {
  const dialer = new MultiplexingDialer(await openExecSession(engine, containerId, TUNNEL_COMMAND), onEnd);
  // The program takes its time to start, on a busy machine longer than a node has to accept. It runs once it refuses a dial.
  await dialer.connect('127.0.0.1', UNUSED_PORT, START_TIMEOUT_MS).then(
    (connection) => connection.destroy(),
    () => {},
  );
  return dialer;
}

/** Carries many connections over one program in the tunnel container. */
class MultiplexingDialer implements TunnelDialer {
  readonly #program: ContainerSession;
  readonly #connections = new Map<number, TunnelConnection>();
  readonly #reader = new TunnelFrameReader();
  readonly #output = new FrameBatch((bytes) => {
    if (!this.#endError) this.#program.write(bytes);
  });
  #nextConnectionId = 1;
  #endError: Error | undefined;

  constructor(program: ContainerSession, onEnd: () => void) {
    this.#program = program;
    program.onOutput((chunk) => this.#handleOutput(chunk));
    program.onEnd((failure) => {
      this.#endError = failure ?? errorWithCode('ECONNRESET');
      onEnd();
      for (const connection of [...this.#connections.values()]) connection.handleRemoteClose('ECONNRESET');
    });
  }

  async connect(host: string, port: number, timeoutMs: number): Promise<Duplex> {
    if (this.#endError) throw this.#endError;
    const id = this.#nextConnectionId++;
    const connection = new TunnelConnection(
      (kind, body) => {
        if (this.#connections.has(id)) this.#output.add(encodeTunnelFrame(id, kind, body));
      },
      () => {
        if (this.#connections.delete(id)) this.#output.add(encodeTunnelFrame(id, 'close'));
      },
    );
    this.#connections.set(id, connection);
    this.#output.add(encodeTunnelFrame(id, 'open', `${host}:${port}`));
    const cancel = setTimeoutAfterIo(timeoutMs, () => connection.destroy(errorWithCode('ETIMEDOUT')));
    try {
      await once(connection, 'connect');
      return connection;
    } finally {
      cancel();
    }
  }

  close(): void {
    this.#output.flush();
    this.#program.close();
  }

  unref(): void {
    this.#program.unref();
  }

  #handleOutput(chunk: Buffer): void {
    for (const { connection: id, kind, body } of this.#reader.push(chunk)) {
      const connection = this.#connections.get(id);
      if (kind === 'opened') connection?.emit('connect');
      else if (kind === 'data') connection?.push(body);
      else if (kind === 'close') {
        this.#connections.delete(id);
        connection?.handleRemoteClose(body.toString());
      }
    }
  }
}

/** This end of a connection that the program in the tunnel container holds. */
class TunnelConnection extends Duplex {
  readonly #send: (kind: 'data' | 'end', body?: Buffer) => void;
  readonly #onClose: () => void;

  constructor(send: (kind: 'data' | 'end', body?: Buffer) => void, onClose: () => void) {
    super({ allowHalfOpen: false });
    this.#send = send;
    this.#onClose = onClose;
  }

  /** Ends the stream. @param code the system's error code; empty when the other end closed the connection */
  handleRemoteClose(code: string): void {
    if (code !== '') this.destroy(errorWithCode(code));
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
