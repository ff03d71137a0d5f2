import { hostname, userInfo } from 'node:os';

/** Returns the user of this process and its machine, as `ada@laptop`. */
export function currentUser(): string {
  return `${userName()}@${hostname()}`;
}

/** A user may have a number and no name, as in a container. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
