import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../../shared/errors.ts';

/** As much of the configuration of Docker's client as is used. Nothing in it is certain: people edit it. */
export interface DockerConfig {
  currentContext?: unknown;
  /** Credentials by registry. */
  auths?: unknown;
  /** Program that keeps all credentials. */
  credsStore?: unknown;
  /** Programs that keep the credentials of one registry each. */
  credHelpers?: unknown;
  /** Why the file could not be read, where there is one. */
  problem?: string;
}

/** Returns the folder of the configuration of Docker's client. */
export function dockerConfigFolder(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  return env.DOCKER_CONFIG || join(home, '.docker');
}

/** Reads the configuration of Docker's client; empty where it was never configured, as on most servers. */
export function readDockerConfig(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): DockerConfig {
  const file = join(dockerConfigFolder(env, home), 'config.json');
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) throw new Error('it is not an object');
    return parsed;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    return { problem: `cannot read ${file}: ${describeError(cause)}` };
  }
}
