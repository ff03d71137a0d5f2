import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { DevnetError } from '../../shared/errors.ts';
import { createSocketFolder } from '../../shared/files/socket-folder.ts';

/** Socket of an engine on its own machine, unless the address has a path. */
const DEFAULT_REMOTE_SOCKET = '/var/run/docker.sock';
const READY_MARKER = 'ready';
const MAX_ERROR_CHARACTERS = 2_000;

/**
 * Forwards a remote engine's socket over one connection of the user's ssh program, with their keys, settings and known
 * hosts. The connection ends with this process, however that ends.
 * @param address `ssh://USER@HOST:PORT/PATH`, all but the host optional
 * @returns path of a socket on this machine
 * @throws DevnetError `engine_missing` with ssh's message
 */
export async function forwardEngineSocket(address: URL): Promise<string> {
  const folder = createSocketFolder('ssh');
  const socket = join(folder, 'engine.sock');
  // `cat` ends when this process does, even by SIGKILL: that closes its input.
  const command = `echo ${READY_MARKER}; exec cat`;
  // Detached, so that Ctrl-C does not end it: this process may still need the engine to clean up.
  const child = spawn('ssh', [...sshArguments(address, socket), command], { stdio: 'pipe', detached: true });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-MAX_ERROR_CHARACTERS);
  });
  try {
    const ended = once(child, 'close').then(() => Promise.reject(new Error(errors.trim() || 'it ended')));
    const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
    if (!String(line).includes(READY_MARKER)) throw new Error(`unexpected output ${JSON.stringify(String(line))}`);
    ended.catch(() => {}); // Later calls of the engine fail by themselves.
  } catch (cause) {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new DevnetError('engine_missing', `the program ssh is missing, and the engine is at ${address.href}`, {
        hint: 'apt-get install openssh-client, or DOCKER_HOST=tcp://HOST:PORT',
        cause,
      });
    }
    throw new DevnetError('engine_missing', `ssh to ${address.host} failed: ${(cause as Error).message}`, {
      hint: `${sshCommand(address)} docker version must work without a prompt`,
      cause,
    });
  }
  // The connection does not keep this process alive.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref();
  return socket;
}

/** Returns the arguments of an ssh that forwards `socket` to the engine's, and that fails instead of waiting for ever. */
export function sshArguments({ hostname, port, username, pathname }: URL, socket: string): string[] {
  const remote = pathname === '' || pathname === '/' ? DEFAULT_REMOTE_SOCKET : decodeURIComponent(pathname);
  return [
    ...['-T', '-o', 'ExitOnForwardFailure=yes', '-o', 'ConnectTimeout=10', '-L', `${socket}:${remote}`],
    ...(port === '' ? [] : ['-p', port]),
    ...(username === '' ? [] : ['-l', decodeURIComponent(username)]),
    '--',
    hostname.replace(/^\[(.*)\]$/, '$1'),
  ];
}

function sshCommand({ hostname, port, username }: URL): string {
  return `ssh ${port === '' ? '' : `-p ${port} `}${username === '' ? '' : `${username}@`}${hostname}`;
}
