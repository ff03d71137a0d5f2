import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The engine, by a way that can be cut: as `host` it is what DOCKER_HOST takes. */
export interface InterruptibleEngine {
  host: string;
  /** From now on nothing answers there, and what was under way is broken off. */
  cut(): void;
  /** The first request whose first line is like this does not reach the engine. */
  stopAt(line: RegExp): void;
  /** Resolves to that line when it came. */
  readonly stopped: Promise<string>;
}

/** A socket that leads to the real engine until it is cut. Cut it in the end, whatever happens: it holds a file. */
export async function interruptibleEngine(): Promise<InterruptibleEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-engine-'));
  const path = join(folder, 'relay.sock');
  const sockets = new Set<Socket>();
  let unwanted: RegExp | undefined;
  let came: (line: string) => void;
  const stopped = new Promise<string>((resolve) => {
    came = resolve;
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
      if (unwanted?.test(line)) {
        unwanted = undefined;
        near.pause();
        came(line);
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
  const stopAt = (line: RegExp) => {
    unwanted = line;
  };
  return { host: `unix://${path}`, cut, stopAt, stopped };
}
