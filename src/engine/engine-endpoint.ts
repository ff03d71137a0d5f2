import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DevnetError } from '../shared/errors.ts';

/** Address of an engine, and what chose it. */
export interface EngineEndpoint {
  /** As in DOCKER_HOST: `unix:///path`, `tcp://host:port`, `ssh://user@host`, `npipe:////./pipe/name`. */
  host: string;
  /** Source of this address, for error messages: `DOCKER_HOST`, `context desktop-linux`, `default socket`. */
  origin: string;
}

/**
 * Returns the user's engine as Docker's client finds it: DOCKER_HOST, then the context that DOCKER_CONTEXT names or
 * `docker context use` chose, then the default socket (Docker Desktop's, where only that exists).
 * @throws DevnetError `engine_missing` when there is no context of that name
 */
export function findEngineEndpoint(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): EngineEndpoint {
  if (env.DOCKER_HOST) {
    const host = env.DOCKER_HOST;
    return { host: host.includes('://') ? host : `tcp://${host}`, origin: 'DOCKER_HOST' };
  }
  const config = env.DOCKER_CONFIG ?? join(home, '.docker');
  const context = env.DOCKER_CONTEXT ?? currentContext(config);
  if (context !== undefined && context !== 'default') {
    return { host: contextHost(config, context), origin: `context ${context}` };
  }
  if (process.platform === 'win32') return { host: 'npipe:////./pipe/docker_engine', origin: 'default pipe' };
  const system = '/var/run/docker.sock';
  const desktop = join(home, '.docker', 'run', 'docker.sock');
  const socket = !existsSync(system) && existsSync(desktop) ? desktop : system;
  return { host: `unix://${socket}`, origin: 'default socket' };
}

function currentContext(config: string): string | undefined {
  try {
    const parsed = JSON.parse(readFileSync(join(config, 'config.json'), 'utf8')) as { currentContext?: unknown };
    return typeof parsed.currentContext === 'string' ? parsed.currentContext : undefined;
  } catch {
    return undefined; // Docker's client was never configured, as on most servers.
  }
}

function contextHost(config: string, context: string): string {
  // Docker's client stores a context under the hash of its name.
  const folder = createHash('sha256').update(context).digest('hex');
  const file = join(config, 'contexts', 'meta', folder, 'meta.json');
  try {
    const meta = JSON.parse(readFileSync(file, 'utf8')) as { Endpoints?: { docker?: { Host?: string } } };
    const host = meta.Endpoints?.docker?.Host;
    if (host) return host;
    throw new Error('it has no docker endpoint');
  } catch (cause) {
    throw new DevnetError('engine_missing', `the Docker context "${context}" cannot be read from ${file}`, {
      hint: 'docker context ls lists the contexts; docker context use default goes back to the default socket',
      cause,
    });
  }
}
