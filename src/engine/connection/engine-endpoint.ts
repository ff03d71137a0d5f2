import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { dockerConfigFolder, readDockerConfig } from './docker-config.ts';
import { type EngineTls, readTlsFiles } from './engine-tls.ts';

const DEFAULT_SOCKET = 'default socket';
const OF_VARIABLE = ' of DOCKER_CONTEXT';

/** Address of an engine, and what chose it. */
export interface EngineEndpoint {
  /** As in DOCKER_HOST: `unix:///path`, `tcp://host:port`, `ssh://user@host`, `npipe:////./pipe/name`. */
  host: string;
  /** Source of this address, for error messages: `DOCKER_HOST`, `context far`, `context far of DOCKER_CONTEXT`, `default socket`. */
  origin: string;
  /** Certificates for `tcp://`. @default no TLS, unless the port is 2376 or the scheme is https */
  tls?: EngineTls;
}

/**
 * Returns the user's engine as Docker's client finds it: DOCKER_HOST, then the context that DOCKER_CONTEXT names or
 * `docker context use` chose, then the default socket (Docker Desktop's, where only that exists).
 * @throws DevnetError `engine_missing` when there is no context of that name, or a certificate cannot be read
 */
export function findEngineEndpoint(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): EngineEndpoint {
  const folder = dockerConfigFolder(env, home);
  if (env.DOCKER_HOST) return environmentEndpoint(env.DOCKER_HOST, env, folder);
  const context = chosenContext(env, home);
  if (context !== undefined) return contextEndpoint(folder, context, env.DOCKER_CONTEXT ? OF_VARIABLE : '');
  if (process.platform === 'win32') return { host: 'npipe:////./pipe/docker_engine', origin: 'default pipe' };
  const system = '/var/run/docker.sock';
  const desktop = join(home, '.docker', 'run', 'docker.sock');
  const socket = !existsSync(system) && existsSync(desktop) ? desktop : system;
  return { host: `unix://${socket}`, origin: DEFAULT_SOCKET };
}

/**
 * Returns false where this machine has no engine: nobody chose one, and no default socket is there.
 * @throws DevnetError as {@link findEngineEndpoint}
 */
export function hasEngine(env?: NodeJS.ProcessEnv, home?: string): boolean {
  const { host, origin } = findEngineEndpoint(env, home);
  return origin !== DEFAULT_SOCKET || existsSync(host.replace('unix://', ''));
}

/** Returns whether nobody chose another engine than this machine's own. */
export function usesDefaultEngine(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): boolean {
  return !env.DOCKER_HOST && chosenContext(env, home) === undefined;
}

/** Says how to leave the context that an origin names. */
export function leaveContextHint(origin: string): string {
  return origin.endsWith(OF_VARIABLE) ? 'unset DOCKER_CONTEXT' : 'docker context use default';
}

function environmentEndpoint(value: string, env: NodeJS.ProcessEnv, configFolder: string): EngineEndpoint {
  const origin = 'DOCKER_HOST';
  const host = value.includes('://') || /[/\\]/.test(value) ? value : `tcp://${value}`;
  // As Docker's client does, any value but an empty one counts as yes.
  const verify = Boolean(env.DOCKER_TLS_VERIFY);
  if (!/^(tcp|https?):/.test(host) || !(verify || env.DOCKER_TLS || speaksTlsByDefault(host))) return { host, origin };
  const folder = env.DOCKER_CERT_PATH || configFolder;
  const tls = readTlsFiles(folder, {
    verify: verify || !env.DOCKER_TLS,
    needsCa: verify || Boolean(env.DOCKER_CERT_PATH),
    source: env.DOCKER_CERT_PATH ? 'DOCKER_CERT_PATH' : 'DOCKER_TLS_VERIFY without DOCKER_CERT_PATH',
  });
  return { host, origin, tls };
}

/** True for an address that only TLS is spoken at by convention. */
export function speaksTlsByDefault(host: string): boolean {
  return /^https:/.test(host) || /^[a-z]+:\/\/[^/]*:2376(\/|$)/.test(host);
}

function chosenContext(env: NodeJS.ProcessEnv, home: string): string | undefined {
  const context = env.DOCKER_CONTEXT || readDockerConfig(env, home).currentContext;
  return typeof context === 'string' && context !== '' && context !== 'default' ? context : undefined;
}

/** As much of a context's description as is used. */
interface ContextDescription {
  Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
}

function contextEndpoint(configFolder: string, context: string, ofVariable: string): EngineEndpoint {
  const origin = `context ${context}${ofVariable}`;
  // Docker's client stores a context under the hash of its name.
  const id = createHash('sha256').update(context).digest('hex');
  const file = join(configFolder, 'contexts', 'meta', id, 'meta.json');
  let endpoint: { Host?: string; SkipTLSVerify?: boolean } | undefined;
  try {
    endpoint = (JSON.parse(readFileSync(file, 'utf8')) as ContextDescription).Endpoints?.docker;
    if (!endpoint?.Host) throw new Error('it has no docker endpoint');
  } catch (cause) {
    const message = existsSync(file)
      ? `the Docker context "${context}" cannot be read from ${file}: ${describeError(cause)}`
      : `there is no Docker context "${context}" (${file})`;
    throw new DevnetError('engine_missing', message, {
      hint: `docker context ls lists the contexts; ${leaveContextHint(origin)} goes back to the default socket`,
      cause,
    });
  }
  const { Host: host, SkipTLSVerify: skipVerify = false } = endpoint as { Host: string; SkipTLSVerify?: boolean };
  const tlsFolder = join(configFolder, 'contexts', 'tls', id, 'docker');
  if (!existsSync(tlsFolder) && !skipVerify) return { host, origin };
  return { host, origin, tls: readTlsFiles(tlsFolder, { verify: !skipVerify, needsCa: false, source: origin }) };
}
