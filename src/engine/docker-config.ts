import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** As much of the configuration of Docker's client as is used. Nothing in it is certain: people edit it. */
export interface DockerConfig {
  currentContext?: unknown;
  /** Credentials by registry. */
  auths?: unknown;
  /** Program that keeps all credentials. */
  credsStore?: unknown;
  /** Programs that keep the credentials of one registry each. */
  credHelpers?: unknown;
}

/** Returns the folder of the configuration of Docker's client. */
export function dockerConfigFolder(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  return env.DOCKER_CONFIG || join(home, '.docker');
}

/** Returns the file that {@link readDockerConfig} reads. */
export function dockerConfigFile(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  return join(dockerConfigFolder(env, home), 'config.json');
}

/** Reads the configuration of Docker's client; empty where it was never configured, as on most servers, or is no JSON. */
export function readDockerConfig(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): DockerConfig {
  try {
    const parsed: unknown = JSON.parse(readFileSync(dockerConfigFile(env, home), 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
