import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { DevnetError } from '../errors.ts';
import { type Endpoint, findEndpoint } from './endpoint.ts';
import { engineFailure } from './failure.ts';

/** Oldest engine API that is supported (Docker 20.10), and the newest one known: in between, the engine's own is used. */
const OLDEST_API = '1.41';
const NEWEST_API = '1.51';

/** A container engine that answered. Everything in this folder takes one; nothing outside looks inside `docker`. */
export interface Engine {
  readonly docker: Docker;
  readonly endpoint: Endpoint;
  /** The engine's own version, as `28.2.2`. */
  readonly version: string;
  /** The API version spoken with it, as `1.41`. */
  readonly api: string;
  /** Processor architecture of the machine the containers run on, in Go's words: `amd64`, `arm64`. */
  readonly architecture: string;
  /** Operating system of that machine; containers are Linux's, so this is `linux` even on Docker Desktop. */
  readonly system: string;
}

/**
 * Connects to the user's engine.
 * @throws DevnetError `engine_missing`, `engine_denied`, `engine_too_old`, `engine_gone`
 */
export async function connectEngine(endpoint: Endpoint = findEndpoint()): Promise<Engine> {
  const where = `${endpoint.host}, by ${endpoint.origin}`;
  let found: Docker.DockerVersion;
  try {
    found = await new Docker(dialOptions(endpoint)).version();
  } catch (cause) {
    const failure = engineFailure(cause, `use the engine at ${where}`);
    if (failure.code !== 'engine_missing') throw failure;
    throw new DevnetError('engine_missing', `no container engine answers (${where})`, {
      hint: endpoint.origin === 'DOCKER_HOST' ? 'unset DOCKER_HOST, or start that engine' : 'docker/engine up',
      cause,
    });
  }
  if (compareVersions(found.ApiVersion, OLDEST_API) < 0) {
    throw new DevnetError(
      'engine_too_old',
      `the engine at ${where} is ${found.Version} with API ${found.ApiVersion}; devnet needs API ${OLDEST_API} (Docker 20.10) or newer`,
      { hint: 'upgrade the engine' },
    );
  }
  const api = compareVersions(found.ApiVersion, NEWEST_API) > 0 ? NEWEST_API : found.ApiVersion;
  return {
    docker: new Docker({ ...dialOptions(endpoint), version: `v${api}` }),
    endpoint,
    version: found.Version,
    api,
    architecture: found.Arch,
    system: found.Os,
  };
}

/** Negative, zero or positive as dotted version `a` is older than, the same as or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

// No agent is passed, on purpose: docker-modem inspects its request options on every call, whatever they hold.
function dialOptions({ host, origin }: Endpoint): Docker.DockerOptions {
  const local = /^(?:unix|npipe):\/\/(.*)$/.exec(host);
  if (local) return { socketPath: local[1] as string };
  let url: URL;
  try {
    url = new URL(host);
  } catch (cause) {
    throw new DevnetError('engine_missing', `the engine's address "${host}" (${origin}) is not one`, {
      hint: 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST',
      cause,
    });
  }
  if (url.protocol === 'ssh:') {
    return {
      protocol: 'ssh',
      host: url.hostname,
      port: url.port || 22,
      username: url.username,
      sshOptions: { agent: process.env.SSH_AUTH_SOCK },
    } as Docker.DockerOptions;
  }
  const secured = url.protocol === 'https:' || process.env.DOCKER_TLS_VERIFY === '1' || url.port === '2376';
  const certificates = process.env.DOCKER_CERT_PATH;
  return {
    protocol: secured ? 'https' : 'http',
    host: url.hostname,
    port: url.port || (secured ? 2376 : 2375),
    ...(secured && certificates
      ? {
          ca: readFileSync(join(certificates, 'ca.pem')),
          cert: readFileSync(join(certificates, 'cert.pem')),
          key: readFileSync(join(certificates, 'key.pem')),
        }
      : {}),
  } as Docker.DockerOptions;
}
