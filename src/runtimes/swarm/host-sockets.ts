import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { joinStreams } from '../../agents/host/join-streams.ts';
import { createSocketFolder } from '../../shared/files/socket-folder.ts';

/** Sockets of this process that lead to the engines of other hosts, in a folder that only this user can enter. */
export class HostSockets {
  readonly #folder = createSocketFolder('hosts');
  #count = 0;

  /**
   * Opens a socket. It does not keep this process alive.
   * @param connect opens the way that a connection to the socket takes
   * @returns its path
   */
  async open(connect: () => Promise<Duplex>): Promise<string> {
    const path = join(this.#folder, `${++this.#count}.sock`);
    // Half-open, since the input of a command that is executed ends before its output.
    const server = createServer({ allowHalfOpen: true }, (client) => {
      client.on('error', () => {});
      connect().then(
        (remote) => joinStreams(client, remote),
        (cause: Error) => client.destroy(cause),
      );
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve);
    });
    server.unref();
    return path;
  }
}
