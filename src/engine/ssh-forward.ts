import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevnetError } from '../shared/errors.ts';

/** Where an engine listens on its own machine, unless the address names a path. */
const DEFAULT_REMOTE_SOCKET = '/var/run/docker.sock';
const READY_MARKER = 'ready';

/**
 * Brings the socket of an engine elsewhere here, over one connection of the user's own ssh: their keys, settings and known
 * hosts hold, and calls do not pay for a handshake each. It ends with this process, however that ends.
 * @param address `ssh://USER@HOST:PORT/PATH`, all but the host optional
 * @returns path of a socket on this machine
 * @throws DevnetError `engine_missing` with ssh's own words
 */
export async function forwardEngineSocket(address: URL): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'devnet-ssh-'));
  const socket = join(folder, 'engine.sock');
  const tidy = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', tidy);
  // `cat` ends when nothing holds its input any more: then this process is gone, or killed.
  const command = `echo ${READY_MARKER}; exec cat`;
  // In a session of its own: a Ctrl-C is for this process, which may still need the engine to clean up.
  const child = spawn('ssh', [...sshArguments(address, socket), command], { stdio: 'pipe', detached: true });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2_000);
  });
  try {
    const ended = once(child, 'close').then(() => Promise.reject(new Error(said.trim() || 'it ended')));
    const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
    if (!String(line).includes(READY_MARKER)) throw new Error(`it said ${JSON.stringify(String(line))}`);
    ended.catch(() => {}); // From here on, a call that finds no engine says so.
  } catch (cause) {
    child.kill();
    tidy();
    throw new DevnetError('engine_missing', `ssh to ${address.host} failed: ${(cause as Error).message}`, {
      hint: `${sshCommand(address)} docker version must work, and without a question`,
      cause,
    });
  }
  // The connection alone keeps no command from ending.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref();
  return socket;
}

/** Of a session that forwards `socket` to the engine's; it fails at once where it would wait for ever. */
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
