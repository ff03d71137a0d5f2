import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { DevnetError } from '../shared/errors.ts';
import { type EngineEndpoint, findEngineEndpoint } from './engine-endpoint.ts';
import { toEngineError } from './engine-error.ts';
import { forwardEngineSocket } from './ssh-forward.ts';

/** Oldest supported engine API (Docker 20.10) and newest known one: in between, the engine's own version is used. */
const MIN_API_VERSION = '1.41';
const MAX_API_VERSION = '1.51';

/** Kind of engine. */
export type EngineFlavour = 'docker' | 'podman';

/** A connected container engine. Only this folder uses `docker`. */
export interface Engine {
  /** Client of the engine's API, of the version `api`. */
  readonly docker: Docker;
  /** Address that `docker` uses. */
  readonly endpoint: EngineEndpoint;
  /** Vendor: Podman speaks Docker's API but has neither its bugs nor all of its habits. */
  readonly flavour: EngineFlavour;
  /** The engine's own version, as `28.2.2`. */
  readonly version: string;
  /** The API version spoken with it, as `1.41`. */
  readonly api: string;
  /** Processor architecture of the engine's machine, in Go's words: `amd64`, `arm64`. */
  readonly architecture: string;
  /** Operating system of that machine: `linux`, with Docker Desktop too. */
  readonly system: string;
}

/**
 * Connects to the user's engine.
 * @throws DevnetError `engine_missing`, `engine_denied`, `engine_too_old`, `engine_gone`
 */
export async function connectEngine(endpoint: EngineEndpoint = findEngineEndpoint()): Promise<Engine> {
  const where = `${endpoint.host}, by ${endpoint.origin}`;
  let options: Docker.DockerOptions;
  let found: Docker.DockerVersion;
  try {
    options = await dockerodeOptions(endpoint);
    found = await new Docker(options).version();
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
    docker: new Docker({ ...options, version: `v${api}` }),
    endpoint,
    flavour: flavourOf(found),
    version: found.Version,
    api,
    architecture: found.Arch,
    system: found.Os,
  };
}

/** Returns `node:http` options that reach the same engine; undefined where it takes TLS keys. */
export function plainHttpOptions({
  docker,
}: Engine): { socketPath: string } | { host: string; port: number } | undefined {
  const { socketPath, protocol, host, port } = docker.modem as Docker.DockerOptions;
  if (socketPath !== undefined) return { socketPath };
  return protocol === 'http' && host !== undefined ? { host, port: Number(port) } : undefined;
}

/** Returns the vendor of an engine: Podman names itself among its components. */
export function flavourOf({ Components }: Pick<Docker.DockerVersion, 'Components'>): EngineFlavour {
  return Components?.some(({ Name }) => /podman/i.test(Name)) ? 'podman' : 'docker';
}

/** Compares dotted versions: negative when `a` is older than `b`, 0 when they are equal, positive when it is newer. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

// No agent, on purpose: docker-modem runs util.inspect over its request options on every call, which takes milliseconds
// with an agent among them.
async function dockerodeOptions({ host, origin }: EngineEndpoint): Promise<Docker.DockerOptions> {
  const local = /^(?:unix|npipe):\/\/(.*)$/.exec(host);
  if (local) return socketOptions(local[1] as string);
  let url: URL;
  try {
    url = new URL(host);
  } catch (cause) {
    throw new DevnetError('engine_missing', `the engine's address "${host}" (${origin}) is not a URL`, {
      hint: 'unix:///var/run/docker.sock, tcp://HOST:PORT or ssh://USER@HOST',
      cause,
    });
  }
  if (url.protocol === 'ssh:') return socketOptions(await forwardEngineSocket(url));
  const isSecure = url.protocol === 'https:' || process.env.DOCKER_TLS_VERIFY === '1' || url.port === '2376';
  const certificates = process.env.DOCKER_CERT_PATH;
  return {
    protocol: isSecure ? 'https' : 'http',
    host: url.hostname,
    port: url.port || (isSecure ? 2376 : 2375),
    ...(isSecure && certificates
      ? {
          ca: readFileSync(join(certificates, 'ca.pem')),
          cert: readFileSync(join(certificates, 'cert.pem')),
          key: readFileSync(join(certificates, 'key.pem')),
        }
      : {}),
  } as Docker.DockerOptions;
}

/** `host` and `port` are set, to undefined: dockerode takes an omitted option from DOCKER_HOST. */
function socketOptions(socketPath: string): Docker.DockerOptions {
  return { socketPath, protocol: 'http', host: undefined, port: undefined } as Docker.DockerOptions;
}
