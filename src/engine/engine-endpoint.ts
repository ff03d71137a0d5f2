import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DevnetError } from '../shared/errors.ts';

/** Where an engine listens, and what said so. */
export interface EngineEndpoint {
  /** As in DOCKER_HOST: `unix:///path`, `tcp://host:port`, `ssh://user@host`, `npipe:////./pipe/name`. */
  host: string;
  /** What chose this endpoint, for error messages: `DOCKER_HOST`, `context desktop-linux`, `default socket`. */
  origin: string;
}

/**
 * The engine the user means, found the way Docker's own client does: DOCKER_HOST, then the context named by
 * DOCKER_CONTEXT or chosen with `docker context use`, then the default socket (Docker Desktop's, where only that exists).
 * @throws DevnetError `engine_missing` when a context is named that is not there
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
    return undefined; // No client was ever configured: that is the ordinary case on a server.
  }
}

function contextHost(config: string, context: string): string {
  // The client stores each context under the hash of its name.
  const folder = createHash('sha256').update(context).digest('hex');
  const file = join(config, 'contexts', 'meta', folder, 'meta.json');
  try {
    const meta = JSON.parse(readFileSync(file, 'utf8')) as { Endpoints?: { docker?: { Host?: string } } };
    const host = meta.Endpoints?.docker?.Host;
    if (host) return host;
    throw new Error('it names no docker endpoint');
  } catch (cause) {
    throw new DevnetError('engine_missing', `the Docker context "${context}" cannot be read from ${file}`, {
      hint: 'docker context ls shows those there are; docker context use default goes back to the default socket',
      cause,
    });
  }
}
