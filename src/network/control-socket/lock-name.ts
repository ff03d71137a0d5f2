import { DevnetError } from '../../shared/errors.ts';
import { claimSocket } from './claim-socket.ts';
import { ensureSocketFolder, lockFolder } from './socket-folder.ts';

/**
 * Takes a name that only one process of this user can have, until it is released or the process ends.
 * @returns a function that releases it
 * @throws DevnetError `name_taken` when another process has it; `host_limit`
 */
export async function lockName(name: string): Promise<() => Promise<void>> {
  ensureSocketFolder();
  const claimed = await claimSocket(lockFolder(name), (socket) => socket.destroy());
  if (!claimed) throw new DevnetError('name_taken', `another process has locked "${name}"`);
  return async () => claimed.release();
}
