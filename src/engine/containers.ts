import type { Duplex } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { ContainerCreateOptions } from 'dockerode';
import { DevnetError } from '../shared/errors.ts';
import { compareVersions, type Engine } from './engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from './engine-error.ts';
import { parseContainerStats } from './resource-usage.ts';

/** A container to make. Closed by default: what is not asked for here, it may not do. */
export interface ContainerSpec {
  name: string;
  image: string;
  /** Replaces the image's program. */
  entrypoint?: string[];
  /** Replaces the image's command. */
  command?: string[];
  hostname: string;
  env: Record<string, string>;
  labels: Record<string, string>;
  /** `host`: that of the machine the engine runs on; `of`: that of another container. Absent: no network at all. */
  network?: { id: string; address: string; mac: string; aliases: string[] } | 'host' | { of: string };
  /** Bytes; no swap on top. */
  memory: number;
  /** Cores. */
  cpus?: number;
  /** Most processes and threads. */
  pidsLimit: number;
  /** Absent: the image's own. */
  user?: string;
  writable: boolean;
  /** Linux capabilities kept; all others are dropped. */
  capabilities: string[];
  /** Files of the engine's machine, seen inside. */
  mounts?: { from: string; to: string }[];
  /** Its standard input ends with who holds it, see {@link startAttachedContainer}, and it is removed when it ends. */
  attached?: boolean;
}

/** The engine's own words for what a container is doing. */
export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface Container {
  id: string;
  name: string;
  image: string;
  /** Id of the image it was made from: the same name may mean another one by now. */
  imageId: string;
  state: ContainerState;
  labels: Record<string, string>;
  /** Address on its network; empty while it is not running. */
  address: string;
  /** When it was made, seconds since the epoch. */
  created: number;
}

/** What only a look at one container tells. */
export interface ContainerDetail {
  state: ContainerState;
  /** ISO time of the last start. */
  startedAt: string;
  finishedAt: string;
  exitCode: number;
  /** The kernel ended it for using more than its memory. */
  oomKilled: boolean;
  /** The engine's reason when the program could not be started. */
  error: string;
}

/** Log files are kept by the engine itself and bounded, whatever its default driver is. */
const LOG_CONFIG = { Type: 'json-file', Config: { 'max-size': '64m', 'max-file': '2' } };

/**
 * Makes a container without starting it.
 * @returns its id
 * @throws DevnetError `name_taken`, `image_missing`, `disk_full`
 */
export async function createContainer(engine: Engine, spec: ContainerSpec): Promise<string> {
  const options: ContainerCreateOptions = {
    name: spec.name,
    Image: spec.image,
    // Who shares another's network shares its name.
    ...(typeof spec.network === 'object' && 'of' in spec.network ? {} : { Hostname: spec.hostname }),
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Labels: spec.labels,
    ...(spec.entrypoint ? { Entrypoint: spec.entrypoint } : {}),
    ...(spec.command ? { Cmd: spec.command } : {}),
    ...(spec.user ? { User: spec.user } : {}),
    ...(spec.attached ? { OpenStdin: true, StdinOnce: true, AttachStdin: true } : {}),
    HostConfig: {
      Memory: spec.memory,
      MemorySwap: spec.memory,
      ...(spec.cpus ? { NanoCpus: Math.round(spec.cpus * 1e9) } : {}),
      PidsLimit: spec.pidsLimit,
      ReadonlyRootfs: !spec.writable,
      CapDrop: ['ALL'],
      CapAdd: spec.capabilities,
      SecurityOpt: ['no-new-privileges'],
      LogConfig: LOG_CONFIG,
      ...(spec.mounts ? { Binds: spec.mounts.map(({ from, to }) => `${from}:${to}`) } : {}),
      ...(spec.attached ? { AutoRemove: true } : {}),
      NetworkMode: networkMode(spec),
    },
    ...(typeof spec.network === 'object' && 'id' in spec.network
      ? {
          // An engine that chose it anew at a restart would leave others talking to the old one.
          ...(macBelongsToEndpoint(engine) ? {} : { MacAddress: spec.network.mac }),
          NetworkingConfig: {
            EndpointsConfig: {
              [spec.network.id]: {
                IPAMConfig: { IPv4Address: spec.network.address },
                Aliases: spec.network.aliases,
                ...(macBelongsToEndpoint(engine) ? { MacAddress: spec.network.mac } : {}),
              },
            },
          },
        }
      : {}),
  };
  const made = await wrapEngineErrors(`make the container ${spec.name}`, () => engine.docker.createContainer(options));
  return made.id;
}

/** Since Docker's API 1.44, and for Podman, a hardware address belongs to a container's place on a network; before, to itself. */
const macBelongsToEndpoint = ({ flavour, api }: Engine): boolean =>
  flavour === 'podman' || compareVersions(api, '1.44') >= 0;

/**
 * Starts a container that was made to be `held`, with its standard input in this process's hand: it ends when this process
 * does, or lets go. Resolves when the container's program has said its first word.
 * @param name for the error message only
 * @returns what lets go
 */
export async function startAttachedContainer(engine: Engine, id: string, name: string): Promise<() => void> {
  return wrapEngineErrors(`start ${name}`, async () => {
    const container = engine.docker.getContainer(id);
    const options = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
    const stream = (await container.attach(options)) as Duplex;
    const spoke = new Promise<void>((resolve, reject) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        // Each frame has eight bytes of heading, which are not looked at here: a word is found among them.
        text += chunk;
        if (text.includes('holding')) resolve();
      });
      stream.once('close', () => reject(new Error(`it ended at once: ${text.slice(8).trim()}`)));
      stream.once('error', reject);
    });
    await container.start();
    await spoke;
    // To hold it is no reason for this process to stay.
    (stream as Duplex & { unref?: () => void }).unref?.();
    return () => stream.destroy();
  });
}

function networkMode({ network }: ContainerSpec): string {
  if (network === undefined) return 'none';
  if (network === 'host') return 'host';
  return 'of' in network ? `container:${network.of}` : network.id;
}

/** @param name for the error message only */
export async function startContainer(engine: Engine, id: string, name: string): Promise<void> {
  await wrapEngineErrors(`start ${name}`, () => engine.docker.getContainer(id).start());
}

/** @throws DevnetError `name_taken` */
export async function renameContainer(engine: Engine, id: string, name: string): Promise<void> {
  await wrapEngineErrors(`rename a container to ${name}`, () => engine.docker.getContainer(id).rename({ name }));
}

/** Ends a container's program at once. @param name for the error message only */
export async function killContainer(engine: Engine, id: string, name: string): Promise<void> {
  await wrapEngineErrors(`kill ${name}`, () => engine.docker.getContainer(id).kill({ signal: 'SIGKILL' }));
}

/** Asks a container's program to end, and after `grace` seconds makes it. @param name for the error message only */
export async function stopContainer(engine: Engine, id: string, name: string, grace: number): Promise<void> {
  await wrapEngineErrors(`stop ${name}`, () => engine.docker.getContainer(id).stop({ t: grace }));
}

/** @param name for the error message only */
export async function pauseContainer(engine: Engine, id: string, name: string): Promise<void> {
  await wrapEngineErrors(`pause ${name}`, () => engine.docker.getContainer(id).pause());
}

/** What a container may use; what is absent stays as it is. */
export interface ContainerLimits {
  /** Bytes; no swap on top. */
  memory?: number;
  /** Cores. */
  cpus?: number | 'all';
}

/** @param name for the error message only @returns whether it had other limits */
export function updateContainerLimits(
  engine: Engine,
  id: string,
  name: string,
  limits: ContainerLimits,
): Promise<boolean> {
  const { memory, cpus } = limits;
  return wrapEngineErrors(`limit ${name}`, async () => {
    const container = engine.docker.getContainer(id);
    const { HostConfig: had } = await container.inspect();
    // Once set, this limit cannot be taken away; as many cores as there are is none.
    const cores = cpus === 'all' && had.NanoCpus ? (await engine.docker.info()).NCPU : cpus;
    const wanted = {
      ...(memory === undefined ? {} : { Memory: memory }),
      ...(cores === undefined || cores === 'all' ? {} : { NanoCpus: Math.round(cores * 1e9) }),
    };
    const others = Object.entries(wanted).filter(([key, value]) => had[key as keyof typeof wanted] !== value);
    if (others.length === 0) return false;
    await container.update({ ...wanted, ...(memory === undefined ? {} : { MemorySwap: memory }) });
    return true;
  });
}

/** @param name for the error message only */
export async function unpauseContainer(engine: Engine, id: string, name: string): Promise<void> {
  await wrapEngineErrors(`unpause ${name}`, () => engine.docker.getContainer(id).unpause());
}

/** Ends a container at once and removes it with what it wrote; one that is gone already is no error. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.docker.getContainer(id).remove({ force: true, v: true });
  } catch (cause) {
    const gone = httpStatusOf(cause) === 404;
    const leaving = httpStatusOf(cause) === 409 && /already in progress/.test(String(cause));
    if (!gone && !leaving) throw toEngineError(cause, `remove the container ${id.slice(0, 12)}`);
    if (leaving) await waitUntilRemoved(engine, id);
  }
}

/** How long the engine may take to remove a container that somebody else removes, and between two looks, milliseconds. */
const REMOVAL_TIMEOUT_MS = 10_000;
const REMOVAL_POLL_INTERVAL_MS = 50;

/** Somebody else is removing it: it is gone when they are done, and not before. */
async function waitUntilRemoved(engine: Engine, id: string): Promise<void> {
  const deadline = Date.now() + REMOVAL_TIMEOUT_MS;
  while ((await inspectContainer(engine, id)) !== undefined) {
    if (Date.now() > deadline) {
      throw new DevnetError('engine_failed', `the container ${id.slice(0, 12)} is being removed and stays`, {
        hint: 'devnet down again; if it goes on, restart the engine',
      });
    }
    await wait(REMOVAL_POLL_INTERVAL_MS);
  }
}

/** Containers, running or not, that carry every one of `labels` (`key` or `key=value`). */
export async function listContainers(engine: Engine, ...labels: string[]): Promise<Container[]> {
  const found = await wrapEngineErrors('list containers', () =>
    engine.docker.listContainers({ all: true, filters: { label: labels } }),
  );
  return found.map((container) => ({
    id: container.Id,
    name: (container.Names[0] ?? '').replace(/^\//, ''),
    image: container.Image,
    imageId: container.ImageID,
    state: container.State as ContainerState,
    labels: container.Labels,
    // Podman gives no networks at all where there are none.
    address: Object.values(container.NetworkSettings?.Networks ?? {})[0]?.IPAddress ?? '',
    created: container.Created,
  }));
}

/** @returns undefined when the container is gone */
export async function inspectContainer(engine: Engine, id: string): Promise<ContainerDetail | undefined> {
  try {
    const { State } = await engine.docker.getContainer(id).inspect();
    return {
      state: State.Status as ContainerState,
      startedAt: State.StartedAt,
      finishedAt: State.FinishedAt,
      exitCode: State.ExitCode,
      oomKilled: State.OOMKilled,
      error: State.Error,
    };
  } catch (cause) {
    if (httpStatusOf(cause) === 404) return undefined;
    throw toEngineError(cause, `look at the container ${id.slice(0, 12)}`);
  }
}

/**
 * Memory a running container uses, in bytes, as `docker stats` counts it: without the page cache that could be dropped.
 * @returns undefined when it is not running or the engine keeps no figures
 */
export async function readContainerMemory(engine: Engine, id: string): Promise<number | undefined> {
  try {
    return parseContainerStats(await engine.docker.getContainer(id).stats({ stream: false, 'one-shot': true }))?.memory;
  } catch (cause) {
    if (httpStatusOf(cause) === 404 || httpStatusOf(cause) === 409) return undefined;
    throw toEngineError(cause, `measure the container ${id.slice(0, 12)}`);
  }
}
