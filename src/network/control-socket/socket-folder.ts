import { lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DevnetError } from '../../shared/errors.ts';

// Who may write to this folder may act on the user's networks, and could pass a network of his own for one of them: so it has to
// be the user's, and closed to everybody else. In it, a network that lives in a process has a folder of its name, for its socket.

/** Names the folder for a supervisor, whose user has another number in its namespace. */
export const SOCKET_ROOT_VARIABLE = 'DEVNET_CONTROL_SOCKETS';
const LOCK_SUFFIX = '.lock';
const FOLDER_MODE = 0o700;
const MODE_OF_OTHERS = 0o077;
const OWN_UID = process.getuid?.() ?? -1;
/** A separator and the name of a socket in its folder, bytes. */
const SOCKET_NAME_BYTES = 9;
/** Longest path of a Unix socket, bytes: a longer one would be cut off. */
const MAX_SOCKET_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/** Returns the folder for the control socket of a network. @throws DevnetError `host_limit` when its path is too long */
export function controlSocketFolder(network: string): string {
  return pathOf(network);
}

/** Returns the folder for the socket that stands for a lock. @throws DevnetError `host_limit` when its path is too long */
export function lockFolder(name: string): string {
  return pathOf(`${name}${LOCK_SUFFIX}`);
}

/** Creates the folder if it is not there. @throws DevnetError `host_limit` when it cannot be created, or is not private */
export function ensureSocketFolder(): void {
  const folder = controlSocketRoot();
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new DevnetError('host_limit', `cannot create the folder of control sockets: ${message}`, {
        hint: 'set XDG_RUNTIME_DIR to a folder of yours',
        cause,
      });
    }
  }
  assertPrivate(folder);
}

/**
 * Lists the networks that have a folder for a control socket, whether a process still serves it or not.
 * @throws DevnetError `host_limit` when the folder is not private
 */
export function listControlSockets(): string[] {
  const folder = controlSocketRoot();
  try {
    assertPrivate(folder);
    // No name of a network has a dot.
    return readdirSync(folder).filter((name) => !name.includes('.'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
}

/** Returns the folder of all sockets: `$XDG_RUNTIME_DIR/devnet`; where that is not set or not the user's, `devnet-UID` in the folder for temporary files. */
export function controlSocketRoot(): string {
  const inherited = process.env[SOCKET_ROOT_VARIABLE];
  if (inherited !== undefined) return inherited;
  const runtimeFolder = process.env.XDG_RUNTIME_DIR ?? '';
  const isOwn = isAbsolute(runtimeFolder) && statSync(runtimeFolder, { throwIfNoEntry: false })?.uid === OWN_UID;
  return isOwn ? join(runtimeFolder, 'devnet') : join(tmpdir(), `devnet-${OWN_UID}`);
}

/** @throws DevnetError `host_limit`; NodeJS.ErrnoException `ENOENT` */
function assertPrivate(folder: string): void {
  const stats = lstatSync(folder);
  const { uid, mode } = stats;
  const fail = (problem: string, hint: string) => {
    throw new DevnetError('host_limit', `the folder of control sockets, ${folder}, ${problem}`, { hint });
  };
  if (!stats.isDirectory()) fail('is not a folder', `remove ${folder}`);
  if (uid !== OWN_UID)
    fail(`belongs to the user ${uid}, not to ${OWN_UID}`, 'set XDG_RUNTIME_DIR to a folder of yours');
  if ((mode & MODE_OF_OTHERS) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    fail(`is open to others: its mode is ${octal}, not 0700`, `chmod 700 ${folder}`);
  }
}

function pathOf(name: string): string {
  const path = join(controlSocketRoot(), name);
  const length = Buffer.byteLength(path) + SOCKET_NAME_BYTES;
  if (length <= MAX_SOCKET_PATH_BYTES) return path;
  throw new DevnetError(
    'host_limit',
    `the path of a socket in ${path} has ${length} bytes, and the system takes at most ${MAX_SOCKET_PATH_BYTES}`,
    { hint: 'set XDG_RUNTIME_DIR to a folder of yours with a shorter path' },
  );
}
