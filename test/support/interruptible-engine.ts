import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A relay to the engine that a test can interrupt. `host` is a value for DOCKER_HOST. */
export interface InterruptibleEngine {
  host: string;
  /** Closes the relay and all its connections. */
  cut(): void;
  /** Holds back the next request whose first line matches: it does not reach the engine. */
  holdRequest(line: RegExp): void;
  /** Resolves to the first line of the request that was held back. */
  readonly heldRequest: Promise<string>;
}

/** Opens a relay to the engine on a socket file. Call `cut` in the end, which removes the file. */
export async function interruptibleEngine(): Promise<InterruptibleEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-engine-'));
  const path = join(folder, 'relay.sock');
  const sockets = new Set<Socket>();
  let pattern: RegExp | undefined;
  let onHeld: (line: string) => void;
  const heldRequest = new Promise<string>((resolve) => {
    onHeld = resolve;
  });
  const server = createServer((near) => {
    const far = connect('/var/run/docker.sock');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    far.pipe(near);
    near.on('end', () => far.end());
    near.on('data', (chunk) => {
      const line = chunk.toString('latin1').split('\r\n', 1)[0] as string;
      if (pattern?.test(line)) {
        pattern = undefined;
        near.pause();
        onHeld(line);
        return;
      }
      if (!far.write(chunk)) {
        near.pause();
        far.once('drain', () => near.resume());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  const holdRequest = (line: RegExp) => {
    pattern = line;
  };
  return { host: `unix://${path}`, cut, holdRequest, heldRequest };
}
