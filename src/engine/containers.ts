import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { ContainerCreateOptions, ContainerInfo, MountSettings } from 'dockerode';
import { DevnetError } from '../shared/errors.ts';
import type { Engine } from './connection/engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from './connection/engine-error.ts';
import { askEveryHost, containerHandle, engineOn, findHost } from './connection/engine-hosts.ts';
import { type Endpoint, endpointSettings, macBelongsToEndpoint } from './container-endpoint.ts';
import { type ContainerState, parseContainerState } from './container-state.ts';
import { createVolume, type VolumeSpec } from './volumes.ts';

/** A container to create. Closed by default: it has no right that is not listed here. */
export interface ContainerSpec {
  name: string;
  image: string;
  /** Host of a swarm to create it on. @default the engine that is asked */
  host?: string;
  /** Replaces the image's entry point. */
  entrypoint?: string[];
  /** Replaces the image's command. */
  command?: string[];
  hostname: string;
  env: Record<string, string>;
  labels: Record<string, string>;
  /**
   * `host`: that of the engine's machine; `of`: that of another container; `on`: at an address of the engine's choice.
   * @default no network
   */
  network?: Endpoint | 'host' | { of: string } | { on: string };
  /** Bytes; no swap on top. */
  memory: number;
  /** Cores. @default all */
  cpus?: number;
  /** Maximum of processes and threads. */
  pidsLimit: number;
  /** @default the image's */
  user?: string;
  writable: boolean;
  /** Linux capabilities to keep; all others are dropped. */
  capabilities: string[];
  /** Files of the engine's machine to mount; `follow`: with what is mounted there later, which takes a shared mount. */
  mounts?: { from: string; to: string; follow?: boolean }[];
  /** Folder to keep in a volume, which outlives the container. */
  volume?: VolumeSpec & { to: string };
  /** Times that the engine starts it again, at once, when its program ends by itself with an error. @default 0 */
  maxRestarts?: number;
  /** For {@link startAttachedContainer}: its standard input ends with the attached process, and it is removed when it ends. */
  attached?: boolean;
}

export type { ContainerState } from './container-state.ts';

/** A network that a container is on. */
export interface Attachment {
  /** Name of the network; its id for a container that was never started. */
  network: string;
  /** Its address there: the one that it has, or was given for when it runs; empty when the engine does not say. */
  address: string;
  /** Its MAC address there; absent when the engine does not say, as of one that does not run. */
  mac?: string;
}

/** A container on the engine. */
export interface Container {
  /** 64 hexadecimal digits. */
  id: string;
  /** Name of its host, in a swarm. @default the engine's machine */
  host?: string;
  /** Unique on the engine, without the slash in front that its API has. */
  name: string;
  /** Reference that it was created with, `name:tag`. */
  image: string;
  /** Id of its image: `image` may name another one by now. */
  imageId: string;
  /** State when the containers were listed. */
  state: ContainerState;
  /** Its labels, with the image's. */
  labels: Record<string, string>;
  /** Networks that it is on, or will be on when it is started. */
  attachments: Attachment[];
  /** Creation time, seconds since the epoch. */
  created: number;
}

/** Details that only inspecting a container returns. */
export interface ContainerDetail {
  state: ContainerState;
  /** ISO time of the last start. */
  startedAt: string;
  finishedAt: string;
  exitCode: number;
  /** The kernel killed it for using more than its memory. */
  oomKilled: boolean;
  /** The engine's reason when the program could not be started. */
  error: string;
  /** Its first process, on the engine's machine; 0 when it does not run. */
  processId: number;
}

/** In front of each piece of output of a container without a terminal. */
const FRAME_HEADER_BYTES = 8;

/** Bytes of a container's log that the engine writes to one file before it begins the next. */
export const LOG_FILE_BYTES = 64_000_000;
/** Files of a container's log that the engine keeps: time for a reader that is slower than the program. */
const LOG_FILES = 4;
/** Logs stay with the engine and are bounded, whatever its default driver is. */
const LOG_CONFIG = {
  Type: 'json-file',
  Config: { 'max-size': `${LOG_FILE_BYTES / 1_000_000}m`, 'max-file': String(LOG_FILES) },
};

/**
 * Creates a container without starting it.
 * @returns its id
 * @throws DevnetError `name_taken`, `image_missing`, `disk_full`
 */
export async function createContainer(engine: Engine, spec: ContainerSpec): Promise<string> {
  const { network, attached } = spec;
  const host = spec.host === undefined ? undefined : findHost(engine, spec.host);
  const endpoint = typeof network === 'object' && 'id' in network ? network : undefined;
  const options: ContainerCreateOptions = {
    name: spec.name,
    Image: spec.image,
    // A container that shares another's network shares its hostname.
    Hostname: typeof network === 'object' && 'of' in network ? undefined : spec.hostname,
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: spec.labels,
    Entrypoint: spec.entrypoint,
    Cmd: spec.command,
    User: spec.user,
    OpenStdin: attached,
    StdinOnce: attached,
    AttachStdin: attached,
    MacAddress: macBelongsToEndpoint(engine) ? undefined : endpoint?.mac,
    HostConfig: {
      Memory: spec.memory,
      MemorySwap: spec.memory,
      NanoCpus: spec.cpus && Math.round(spec.cpus * 1e9),
      PidsLimit: spec.pidsLimit,
      ReadonlyRootfs: !spec.writable,
      CapDrop: ['ALL'],
      CapAdd: spec.capabilities,
      SecurityOpt: ['no-new-privileges'],
      LogConfig: LOG_CONFIG,
      Mounts: [...(spec.mounts ?? []).map(bindMount), ...(spec.volume ? [volumeMount(spec.volume)] : [])],
      ...(spec.maxRestarts ? { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: spec.maxRestarts } } : {}),
      AutoRemove: attached,
      NetworkMode: networkMode(spec),
    },
    NetworkingConfig: endpoint && {
      EndpointsConfig: {
        [endpoint.id]: endpointSettings(engine, endpoint),
      },
    },
  };
  // Podman gives a volume that it creates with a container no labels, by which it could be found.
  if (spec.volume && engine.flavour === 'podman') await createVolume(engine, spec.volume);
  const { docker } = host ? engineOn(host) : engine;
  const { id } = await wrapEngineErrors(`create the container ${spec.name}`, () => docker.createContainer(options));
  if (host) engine.hosts?.note(id, host);
  return id;
}

/** Not `Binds`, for which Docker makes a folder where there is nothing. */
function bindMount({ from, to, follow }: { from: string; to: string; follow?: boolean }): MountSettings {
  const options = follow ? { BindOptions: { Propagation: 'rslave' as const } } : {};
  return { Type: 'bind', Source: from, Target: to, ...options };
}

function volumeMount({ name, labels, to }: VolumeSpec & { to: string }): MountSettings {
  const options = { NoCopy: true, Labels: labels, DriverConfig: { Name: 'local', Options: {} } };
  return { Type: 'volume', Source: name, Target: to, VolumeOptions: options };
}

/** The standard input of a container that ends with this process. */
export interface AttachedContainer {
  /** Its standard input ends when all processes that share this connection have closed it. */
  connection: Duplex;
  /** Resolves when the connection has ended, with the container, the engine, or this process's part of it. */
  ended: Promise<void>;
  /** What its program wrote until it had written the marker, with the engine's frame headers. */
  output: string;
}

/**
 * Starts a container that was created with `attached`, and resolves once its program has written `marker`. Its standard
 * input ends with this process, however that ends.
 * @param name for the error message only
 */
export async function startAttachedContainer(
  engine: Engine,
  id: string,
  name: string,
  marker: string,
): Promise<AttachedContainer> {
  return wrapEngineErrors(`start ${name}`, async () => {
    const container = containerHandle(engine, id);
    const options = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
    const stream = (await container.attach(options)) as Duplex;
    const ended = new Promise<void>((resolve) => {
      for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve());
    });
    let text = '';
    const ready = new Promise<void>((resolve) => {
      stream.on('data', (chunk: Buffer) => {
        // Frame headers are not parsed: the word is found between them.
        text += chunk;
        if (text.includes(marker)) resolve();
      });
    });
    await container.start();
    await Promise.race([ready, ended]);
    if (!text.includes(marker)) throw new Error(text.slice(FRAME_HEADER_BYTES).trim() || 'it ended');
    // The stream does not keep this process alive.
    (stream as Duplex & { unref?: () => void }).unref?.();
    return { connection: stream, ended, output: text };
  });
}

function networkMode({ network }: ContainerSpec): string {
  if (network === undefined) return 'none';
  if (network === 'host') return 'host';
  if ('on' in network) return network.on;
  return 'of' in network ? `container:${network.of}` : network.id;
}

/** @throws DevnetError `name_taken` */
export async function renameContainer(engine: Engine, id: string, name: string): Promise<void> {
  await wrapEngineErrors(`rename a container to ${name}`, () => containerHandle(engine, id).rename({ name }));
}

/** Kills and removes a container with its volumes; one that is gone is no error. @throws DevnetError `engine_failed` */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  const container = containerHandle(engine, id);
  try {
    // Podman sends SIGTERM and waits for 10 s where Docker sends SIGKILL.
    if (engine.flavour === 'podman') await container.kill({ signal: 'SIGKILL' }).catch(() => {});
    await container.remove({ force: true, v: true });
  } catch (cause) {
    if (httpStatusOf(cause) === 404) return;
    const inProgress = httpStatusOf(cause) === 409 && /already in progress/.test(String(cause));
    if (!inProgress) throw toEngineError(cause, `remove the container ${id.slice(0, 12)}`);
    await waitUntilRemoved(engine, id);
  }
}

/** Time for a removal that another client began. */
const REMOVAL_TIMEOUT_MS = 10_000;
const REMOVAL_POLL_INTERVAL_MS = 50;

async function waitUntilRemoved(engine: Engine, id: string): Promise<void> {
  const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
  while ((await inspectContainer(engine, id)) !== undefined) {
    if (Date.now() > deadline) {
      throw new DevnetError(
        'engine_failed',
        `the removal of the container ${id.slice(0, 12)} did not finish within ${REMOVAL_TIMEOUT_MS / 1000} s`,
        { hint: 'run devnet down again; if it fails again, restart the engine' },
      );
    }
    await wait(REMOVAL_POLL_INTERVAL_MS);
  }
}

/** Lists containers, running or not, that carry all of `labels` (`key` or `key=value`). */
export async function listContainers(engine: Engine, ...labels: string[]): Promise<Container[]> {
  return askEveryHost(engine, async ({ docker }, host) => {
    const found = await wrapEngineErrors('list containers', () =>
      docker.listContainers({ all: true, filters: { label: labels } }),
    );
    if (host) for (const { Id } of found) engine.hosts?.note(Id, host);
    return found.map((container) => parseContainer(container, host?.name));
  });
}

function parseContainer(container: ContainerInfo, host: string | undefined): Container {
  return {
    id: container.Id,
    ...(host === undefined ? {} : { host }),
    name: (container.Names[0] ?? '').replace(/^\//, ''),
    image: container.Image,
    imageId: container.ImageID,
    state: parseContainerState(container.State),
    labels: container.Labels,
    // Podman omits the networks where there are none.
    attachments: Object.entries(container.NetworkSettings?.Networks ?? {}).map(([network, endpoint]) => ({
      network,
      address: endpoint.IPAddress || (endpoint.IPAMConfig as { IPv4Address?: string } | null)?.IPv4Address || '',
      ...(endpoint.MacAddress ? { mac: endpoint.MacAddress } : {}),
    })),
    created: container.Created,
  };
}

/** @returns undefined when the container is gone */
export async function inspectContainer(engine: Engine, id: string): Promise<ContainerDetail | undefined> {
  try {
    const { State } = await containerHandle(engine, id).inspect();
    return {
      state: parseContainerState(State.Status),
      startedAt: State.StartedAt,
      finishedAt: State.FinishedAt,
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      error: State.Error,
      processId: State.Pid,
    };
  } catch (cause) {
    if (httpStatusOf(cause) === 404) return undefined;
    throw toEngineError(cause, `inspect the container ${id.slice(0, 12)}`);
  }
}
