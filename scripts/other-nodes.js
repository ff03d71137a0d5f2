// Other versions of Node than this one, from npm, which carries the program as a package for each system.
import { spawnSync } from 'node:child_process';

/** The versions that devnet supports: all that get security fixes. */
const VERSIONS = ['20', '22', '24'];

/** A registry that does not answer by then is none. The programs are 100 MB each. */
const INSTALL_TIMEOUT_MS = 120_000;

export const otherVersions = VERSIONS.filter((version) => !process.versions.node.startsWith(`${version}.`));

/** Returns the path of the program of a version, or undefined where npm cannot get it. */
export function findNode(version) {
  const name = `node-${process.platform}-${process.arch}@${version}`;
  const args = ['exec', '--yes', '--fetch-retries=1', `--package=${name}`, '--', 'node', '-p', 'process.execPath'];
  const { status, stdout } = spawnSync('npm', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: INSTALL_TIMEOUT_MS,
  });
  return status === 0 ? stdout.trim() : undefined;
}
