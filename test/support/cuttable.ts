import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The engine, by a way that can be cut: as `host` it is what DOCKER_HOST takes. */
export interface Cuttable {
  host: string;
  /** From now on nothing answers there, and what was under way is broken off. */
  cut(): void;
}

/** A socket that leads to the real engine until it is cut. Cut it in the end, whatever happens: it holds a file. */
export async function cuttable(): Promise<Cuttable> {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-engine-'));
  const path = join(folder, 'relay.sock');
  const sockets = new Set<Socket>();
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
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(folder, { recursive: true, force: true });
  };
  return { host: `unix://${path}`, cut };
}
