import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

// A socket's file stays when its process is killed, and no call replaces only one that is dead. So each socket has a name of
// its own, in a folder with the name that is claimed. A folder with a socket in it is renamed to that name: this succeeds only
// where no folder, or an empty one, has the name. Dead sockets can be removed at any time: their names never come again.

/** A name that this process listens under, and no other. */
export interface ClaimedSocket {
  /** Gives the name up. Connections that are open stay open. */
  release(): void;
}

/**
 * Listens under a name that only one process can have; that of a process that has ended is free.
 * @param folder path of the folder with that name
 * @returns undefined when another process has it
 */
export async function claimSocket(
  folder: string,
  onConnection: (socket: Socket) => void,
): Promise<ClaimedSocket | undefined> {
  const socket = randomName();
  const unclaimed = join(dirname(folder), `.${socket}`);
  mkdirSync(unclaimed);
  // A client may end its side of a connection and still read.
  const server = createServer({ allowHalfOpen: true }, onConnection);
  let claimed = false;
  try {
    server.listen(join(unclaimed, socket));
    await once(server, 'listening');
    server.unref();
    while (!claimed) {
      claimed = renameIfFree(unclaimed, folder);
      const owner = claimed ? undefined : await connectToSocket(folder);
      owner?.destroy();
      if (owner) return undefined;
    }
    return { release: () => release(server, folder, socket) };
  } finally {
    if (!claimed) {
      server.close();
      rmSync(unclaimed, { recursive: true, force: true });
    }
  }
}

/**
 * Connects to the process that listens under a name, and removes the sockets of those that have ended.
 * @returns undefined when no process does
 */
export async function connectToSocket(folder: string): Promise<Socket | undefined> {
  for (const name of readFolder(folder)) {
    const path = join(folder, name);
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ECONNREFUSED' && code !== 'ENOENT') throw cause;
      rmSync(path, { force: true });
    }
  }
  return undefined;
}

/** Removes a folder without sockets. */
export function removeEmptyFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw cause;
  }
}

function release(server: Server, folder: string, socket: string): void {
  rmSync(join(folder, socket), { force: true });
  removeEmptyFolder(folder); // Unless another process has claimed it since.
  server.close();
}

function renameIfFree(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw cause;
  }
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

function randomName(): string {
  return randomBytes(4).toString('hex');
}
