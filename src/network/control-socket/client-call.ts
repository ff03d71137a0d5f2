import type { Socket } from 'node:net';
import { DevnetError } from '../../shared/errors.ts';
import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';
import { connectToSocket } from './claim-socket.ts';
import { JsonLineConnection } from './connection.ts';
import {
  type Call,
  CONTROL_PROTOCOL,
  CONTROL_VERSION,
  decodeError,
  type Greeting,
  type Reply,
} from './control-protocol.ts';
import { controlSocketFolder } from './socket-folder.ts';

/** Time for a process to greet a client, milliseconds. It greets before it does anything else. */
const GREETING_TIMEOUT_MS = 5_000;

export interface CallOptions {
  /** Aborts the call, which rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Receives the items before the result; the next one waits until it returns. */
  onItem?: (item: unknown, call: ClientCall) => Promise<void> | void;
}

/** A call to the process that runs a network. Each has a connection of its own. */
export class ClientCall {
  readonly #name: string;
  readonly #connection: JsonLineConnection;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.#connection.socket.destroy();
  #result: unknown;

  private constructor(name: string, connection: JsonLineConnection, signal: AbortSignal | undefined) {
    this.#name = name;
    this.#connection = connection;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  /**
   * Starts a call.
   * @param name of the network
   * @throws DevnetError `no_such_devnet` when no process serves it; `network_stuck` when the process does not answer; `usage`
   *   when it is of another version; `host_limit`; the signal's reason
   */
  static async open(name: string, method: string, args: readonly unknown[], signal?: AbortSignal): Promise<ClientCall> {
    const call = new ClientCall(name, new JsonLineConnection(await connectTo(name)), signal);
    try {
      await call.#awaitGreeting();
      await call.#connection.send({ method, args: [...args] } satisfies Call);
      return call;
    } catch (cause) {
      call.close();
      throw cause;
    }
  }

  /** Makes a call, and returns its result. @throws what the method throws; what {@link open} throws */
  static async run(
    name: string,
    method: string,
    args: readonly unknown[],
    { signal, onItem }: CallOptions = {},
  ): Promise<unknown> {
    return (await ClientCall.open(name, method, args, signal)).finish(onItem);
  }

  /** Waits for the result, and closes the call. @throws what the method throws */
  async finish(onItem?: CallOptions['onItem']): Promise<unknown> {
    try {
      for (;;) {
        const next = await this.nextItem();
        if (!next) return this.#result;
        await onItem?.(next.item, this);
      }
    } finally {
      this.close();
    }
  }

  /** Returns the next item; undefined when there is a result instead. @throws what the method throws */
  async nextItem(): Promise<{ item: unknown } | undefined> {
    const reply = (await this.#receive()) as Reply;
    if ('error' in reply) throw decodeError(reply.error);
    if ('item' in reply) return reply;
    this.#result = reply.result;
    return undefined;
  }

  /** Sends the server what it waits for. */
  answer(message: unknown): Promise<void> {
    return this.#connection.send(message);
  }

  /** Ends the call, and returns its connection for other use. */
  detach(): Socket {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return this.#connection.socket;
  }

  /** Ends the call; one that is under way is aborted. */
  close(): void {
    this.detach().destroy();
  }

  async #awaitGreeting(): Promise<void> {
    let isLate = false;
    const cancel = setTimeoutAfterIo(GREETING_TIMEOUT_MS, () => {
      isLate = true;
      this.#connection.socket.destroy();
    });
    try {
      const { protocol, version } = (await this.#receive()) as Partial<Greeting>;
      if (protocol !== CONTROL_PROTOCOL || version !== CONTROL_VERSION) throw otherVersionError(this.#name, version);
    } catch (cause) {
      if (!isLate) throw cause;
      throw new DevnetError(
        'network_stuck',
        `the process that runs the network "${this.#name}" does not answer after ${GREETING_TIMEOUT_MS / 1_000} s`,
        { hint: 'it is stopped or hangs: let it continue, or end it' },
      );
    } finally {
      cancel();
    }
  }

  async #receive(): Promise<unknown> {
    const line = await this.#connection.receive();
    if (line !== undefined) return line;
    this.#signal?.throwIfAborted();
    throw goneError(this.#name);
  }
}

async function connectTo(name: string): Promise<Socket> {
  const socket = await connectToSocket(controlSocketFolder(name));
  if (socket) return socket;
  throw goneError(name);
}

function goneError(name: string): DevnetError {
  return new DevnetError('no_such_devnet', `the network "${name}" is gone: the process that ran it has ended`, {
    hint: 'devnet ls lists what runs',
  });
}

function otherVersionError(name: string, version: unknown): DevnetError {
  const spoken = typeof version === 'number' ? `version ${version}` : 'something else';
  return new DevnetError(
    'usage',
    `the network "${name}" is run by another devnet: its control socket speaks ${spoken}, this devnet version ${CONTROL_VERSION}`,
    { hint: 'use the devnet that started it' },
  );
}
