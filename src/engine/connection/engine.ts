import Docker from 'dockerode';
import { DevnetError } from '../../shared/errors.ts';
import { type EngineAddress, resolveEngineAddress } from './engine-address.ts';
import { type EngineEndpoint, findEngineEndpoint } from './engine-endpoint.ts';
import { readEngineVersion } from './engine-version.ts';
import { AnswerWatch } from './unanswered-request.ts';

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
  /** Connection of this process to it. @internal */
  readonly address: EngineAddress;
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
  /** Hosts whose containers this engine stands for, beside its own; absent where it is only itself. @internal */
  readonly hosts?: EngineHosts;
}

/** A machine of a swarm, with its engine. */
export interface EngineHost {
  /** Name of the host, as `docker node ls` has it. */
  readonly name: string;
  /** Its engine, or why that cannot be used, in words. */
  readonly engine: Engine | { readonly unavailable: string };
  /** Time by which its clock is ahead of the manager's, milliseconds; 0 within the error of the measurement. Absent where it is not known. */
  readonly clockAheadMs?: number;
  /** Its labels in the swarm, over whose values nodes can be spread. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Progress of an image on its way to a host. */
export interface ImageProgress {
  /** Whether the host has the image. */
  sent: boolean;
  /** Registry that the host pulls it from; absent where it comes from the manager. */
  registry?: string;
  /** Why the host could not pull it, so that the manager sends it. */
  refusal?: string;
}

/** The hosts behind the engine of a swarm's manager. Networks, images and records are the manager's, containers those of all. */
export interface EngineHosts {
  /** Name of what runs on the hosts for the controller: a service, its secret and its network. */
  readonly agents: string;
  /** The hosts, by name. The manager is one of them. */
  list(): readonly EngineHost[];
  /** Returns the host that a container is on: one that was listed or created through this connection. */
  hostOf(containerId: string): EngineHost | undefined;
  /** Notes where a container is. */
  note(containerId: string, host: EngineHost): void;
  /** Gives up a host whose engine does not answer any more: it counts as unavailable from now on. */
  lose(host: Pick<EngineHost, 'name'>, reason: string): void;
  /**
   * Gives hosts an image of the manager's engine that they do not have, all at once. A host pulls it by the digest that a registry has
   * it by, and gets it from the manager where there is none or where it cannot pull it.
   * @param onProgress called for each of those hosts when it begins to pull, when the manager begins to send, and when it has the image
   * @throws DevnetError `image_failed`
   */
  copyImage(
    reference: string,
    hosts: readonly string[],
    onProgress?: (host: string, progress: ImageProgress) => void,
  ): Promise<void>;
  /** Returns the free memory and the cores of each host that answers, by name. */
  readRoom(): Promise<ReadonlyMap<string, { memoryBytes: number; cores: number }>>;
  /** Removes what runs on the hosts for the controller, once no network is left. */
  removeUnused(): Promise<void>;
}

/**
 * Connects to the user's engine.
 * @throws DevnetError `engine_missing`, `engine_denied`, `engine_too_old`, `engine_gone`, `engine_failed`
 */
export async function connectEngine(endpoint: EngineEndpoint = findEngineEndpoint()): Promise<Engine> {
  const address = await resolveEngineAddress(endpoint);
  const found = await readEngineVersion(address, endpoint);
  if (compareVersions(found.ApiVersion, MIN_API_VERSION) < 0) {
    throw new DevnetError(
      'engine_too_old',
      `the engine at ${endpoint.host}, by ${endpoint.origin} is ${found.Version} with API ${found.ApiVersion}; devnet needs API ${MIN_API_VERSION} (Docker 20.10) or newer`,
      { hint: 'upgrade the engine' },
    );
  }
  const api = chooseApiVersion(found);
  return {
    docker: createDocker(address, api, endpoint.host),
    endpoint,
    address,
    flavour: flavourOf(found),
    version: found.Version,
    api,
    architecture: found.Arch,
    system: found.Os,
  };
}

/** Returns the newest version that both sides know; the engine's oldest where it has given up all of those. */
export function chooseApiVersion({
  ApiVersion,
  MinAPIVersion,
}: Pick<Docker.DockerVersion, 'ApiVersion' | 'MinAPIVersion'>): string {
  const newest = compareVersions(ApiVersion, MAX_API_VERSION) > 0 ? MAX_API_VERSION : ApiVersion;
  return MinAPIVersion && compareVersions(MinAPIVersion, newest) > 0 ? MinAPIVersion : newest;
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

interface ModemRequest {
  method: string;
  path: string;
  options?: Record<string, unknown>;
}

/** The parts of docker-modem that send a request. */
interface Modem {
  dial(request: ModemRequest, callback: (...result: unknown[]) => void): void;
  buildRequest(options: object, ...rest: unknown[]): void;
}

/** Requests whose settings docker-modem would send twice: as the body, and in the URL, where only a container's name belongs. */
const CREATE_PATH = /^\/(containers|networks|volumes|secrets|configs)\/create\?$/;

// No agent, on purpose: docker-modem runs util.inspect over its request options on every call, which takes milliseconds
// with an agent among them.
function createDocker(address: EngineAddress, api: string, host: string): Docker {
  const options =
    'socketPath' in address
      ? { ...address, protocol: 'http' }
      : {
          protocol: address.protocol,
          host: address.host,
          port: address.port,
          ...('tls' in address ? address.tls : {}),
        };
  const docker = withoutEngineVariables(() => new Docker({ ...options, version: `v${api}` } as Docker.DockerOptions));
  const modem = docker.modem as unknown as Modem;
  // Proxies write URLs to their logs, and engines refuse one of a megabyte: the label of a large topology is longer.
  const { dial } = modem;
  const answers = new AnswerWatch(host);
  // For Podman's own API, a modem is derived from this one.
  modem.dial = function (this: Modem, request, callback) {
    const { method, path, options } = request;
    const onAnswer = answers.expectAnswer(method, path);
    const done: typeof callback = (...result) => {
      onAnswer();
      callback(...result);
    };
    if (!CREATE_PATH.test(path) || options === undefined) return dial.call(this, request, done);
    const { name, ...settings } = options;
    dial.call(this, { ...request, options: { _query: name === undefined ? {} : { name }, _body: settings } }, done);
  };
  const buildRequest = modem.buildRequest.bind(modem);
  const extra = {
    // It follows a redirect outside of its promise, where an error ends this process.
    maxRedirects: 0,
    ...('tls' in address && !address.tls.verify ? { rejectUnauthorized: false } : {}),
  };
  modem.buildRequest = (request, ...rest) => buildRequest({ ...request, ...extra }, ...rest);
  return docker;
}

/** Variables that docker-modem reads for what its options leave out, and throws over. */
const ENGINE_VARIABLES = ['DOCKER_HOST', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY', 'DOCKER_CLIENT_TIMEOUT'];

function withoutEngineVariables<T>(create: () => T): T {
  const values = ENGINE_VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of ENGINE_VARIABLES) delete process.env[name];
  try {
    return create();
  } finally {
    for (const [name, value] of values) if (value !== undefined) process.env[name] = value;
  }
}
