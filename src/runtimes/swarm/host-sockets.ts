import { get } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { joinStreams } from '../../agents/host/join-streams.ts';
import { describeError } from '../../shared/errors.ts';
import { createSocketFolder } from '../../shared/files/socket-folder.ts';

/** Time between two questions to an engine whether it still answers. */
const PING_INTERVAL_MS = 5_000;
/** Time without an answer after which an engine is given up: longer than the managers of a swarm wait for a host. */
const SILENCE_MS = 20_000;
/** Pause before it is asked again after a failure: on a busy machine, a connection may take too long to open. */
const RETRY_INTERVAL_MS = 1_000;

/** What becomes of a host whose engine does not answer. */
export interface HostWatch {
  /** Whether it has been given up. */
  isLost(): boolean;
  /** Gives it up. */
  onSilent(reason: string): void;
  /** Called when the engine of a host that was given up answers again. */
  onAnswer(): void;
}

/** Sockets of this process that lead to the engines of other hosts, in a folder that only this user can enter. */
export class HostSockets {
  readonly #folder = createSocketFolder('hosts');
  #count = 0;

  /**
   * Opens a socket. It does not keep this process alive. While it is in use, the engine is asked now and then whether it answers: the
   * connections to a host that is cut off or frozen would wait for ever. They are closed when it is given up.
   * @param connect opens the way that a connection to the socket takes
   * @returns its path
   */
  async open(connect: () => Promise<Duplex>, host: HostWatch): Promise<string> {
    const path = join(this.#folder, `${++this.#count}.sock`);
    const clients = new Set<Socket>();
    // Half-open, since the input of a command that is executed ends before its output.
    const server = createServer({ allowHalfOpen: true }, (client) => {
      clients.add(client);
      client.on('error', () => {}).once('close', () => clients.delete(client));
      connect().then(
        (remote) => joinStreams(client, remote),
        (cause: Error) => client.destroy(cause),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve);
    });
    server.unref();
    const watch = () => {
      setTimeout(async () => {
        if (host.isLost()) {
          if ((await pingEngine(path, SILENCE_MS)) === undefined) host.onAnswer();
        } else if (clients.size > 0) {
          const reason = await findSilence(path);
          if (reason !== undefined) {
            host.onSilent(reason);
            for (const client of clients) client.destroy();
          }
        }
        watch();
      }, PING_INTERVAL_MS).unref();
    };
    watch();
    return path;
  }
}

/** Returns why an engine has not answered for long; undefined where it does. */
async function findSilence(socketPath: string): Promise<string | undefined> {
  const deadlineMs = performance.now() + SILENCE_MS;
  for (;;) {
    const failure = await pingEngine(socketPath, Math.max(1, deadlineMs - performance.now()));
    if (failure === undefined) return undefined;
    if (performance.now() >= deadlineMs) return `no answer for ${SILENCE_MS / 1_000} s (${failure})`;
    await wait(RETRY_INTERVAL_MS, undefined, { ref: false });
  }
}

/** Returns why an engine does not answer; undefined where it does. */
function pingEngine(socketPath: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: '/_ping', agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(undefined);
    });
    request.on('socket', (socket) => socket.unref());
    request.on('timeout', () => request.destroy(new Error('it takes the connection and says nothing')));
    request.on('error', (cause) => resolve(describeError(cause)));
  });
}
