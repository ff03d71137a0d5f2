import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { DevnetError } from '../shared/errors.ts';
import { type EngineEndpoint, findEngineEndpoint } from './engine-endpoint.ts';
import { toEngineError } from './engine-error.ts';
import { forwardEngineSocket } from './ssh-forward.ts';

/** Oldest engine API that is supported (Docker 20.10), and the newest one known: in between, the engine's own is used. */
const MIN_API_VERSION = '1.41';
const MAX_API_VERSION = '1.51';

export type EngineFlavour = 'docker' | 'podman';

/** A container engine that answered. Everything in this folder takes one; nothing outside looks inside `docker`. */
export interface Engine {
  readonly docker: Docker;
  readonly endpoint: EngineEndpoint;
  /** Whose engine it is: what speaks Docker's API does not share its bugs, nor all of its habits. */
  readonly flavour: EngineFlavour;
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
export async function connectEngine(endpoint: EngineEndpoint = findEngineEndpoint()): Promise<Engine> {
  const where = `${endpoint.host}, by ${endpoint.origin}`;
  let dial: Docker.DockerOptions;
  let found: Docker.DockerVersion;
  try {
    dial = await dockerodeOptions(endpoint);
    found = await new Docker(dial).version();
  } catch (cause) {
    const failure = toEngineError(cause, `use the engine at ${where}`);
    if (failure.code !== 'engine_missing' || failure === cause) throw failure;
    throw new DevnetError('engine_missing', `no container engine answers (${where})`, {
      hint: endpoint.origin === 'DOCKER_HOST' ? 'unset DOCKER_HOST, or start that engine' : 'docker/engine up',
      cause,
    });
  }
  if (compareVersions(found.ApiVersion, MIN_API_VERSION) < 0) {
    throw new DevnetError(
      'engine_too_old',
      `the engine at ${where} is ${found.Version} with API ${found.ApiVersion}; devnet needs API ${MIN_API_VERSION} (Docker 20.10) or newer`,
      { hint: 'upgrade the engine' },
    );
  }
  const api = compareVersions(found.ApiVersion, MAX_API_VERSION) > 0 ? MAX_API_VERSION : found.ApiVersion;
  return {
    docker: new Docker({ ...dial, version: `v${api}` }),
    endpoint,
    flavour: flavourOf(found),
    version: found.Version,
    api,
    architecture: found.Arch,
    system: found.Os,
  };
}

/** How another program reaches the same engine by `node:http`, which has no keys for it; undefined where that takes some. */
export function plainHttpOptions({
  docker,
}: Engine): { socketPath: string } | { host: string; port: number } | undefined {
  const { socketPath, protocol, host, port } = docker.modem as Docker.DockerOptions;
  if (socketPath !== undefined) return { socketPath };
  return protocol === 'http' && host !== undefined ? { host, port: Number(port) } : undefined;
}

/** Whose engine gave this answer: one that speaks Docker's API says so among its components. */
export function flavourOf({ Components }: Pick<Docker.DockerVersion, 'Components'>): EngineFlavour {
  return Components?.some(({ Name }) => /podman/i.test(Name)) ? 'podman' : 'docker';
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
async function dockerodeOptions({ host, origin }: EngineEndpoint): Promise<Docker.DockerOptions> {
  const local = /^(?:unix|npipe):\/\/(.*)$/.exec(host);
  if (local) return socketOptions(local[1] as string);
  let url: URL;
  try {
    url = new URL(host);
  } catch (cause) {
    throw new DevnetError('engine_missing', `the engine's address "${host}" (${origin}) is not one`, {
      hint: 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST',
      cause,
    });
  }
  if (url.protocol === 'ssh:') return socketOptions(await forwardEngineSocket(url));
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

/** The client takes from DOCKER_HOST what it is not told, even that there is none. */
function socketOptions(socketPath: string): Docker.DockerOptions {
  return { socketPath, protocol: 'http', host: undefined, port: undefined } as Docker.DockerOptions;
}
