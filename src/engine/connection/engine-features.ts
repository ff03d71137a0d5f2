import type { Engine } from './engine.ts';
import { wrapEngineErrors } from './engine-error.ts';
import { callPodman } from './podman-api.ts';

/** Optional features that an engine has for its containers. */
export interface EngineFeatures {
  /** Limits of memory and processor are in force. */
  limits: boolean;
  /** The use of memory is counted. */
  usage: boolean;
  /** Containers can be frozen. */
  pause: boolean;
  /** A container in the host's network sees the bridges, and may change what passes through them. */
  hostBridges: boolean;
  /** The engine in words, for messages: `Podman 5.8.6 without root (cgroup v1)`. */
  description: string;
  /** One that has what this one lacks, in words: `an engine that runs as root`. */
  alternative: string;
}

/** The part of Docker's own report that features depend on: whether it has the control groups; absent fields say nothing. */
export interface DockerReport {
  MemoryLimit?: boolean;
  CpuCfsPeriod?: boolean;
  CpuCfsQuota?: boolean;
}

/** The part of Podman's own report that features depend on. */
export interface PodmanHost {
  cgroupVersion: string;
  /** Controllers that the service may use. */
  cgroupControllers: string[] | null;
  security: { rootless: boolean };
}

const ALL = { limits: true, usage: true, pause: true, hostBridges: true };
const AS_ROOT = 'an engine that runs as root';

const known = new WeakMap<Engine, Promise<EngineFeatures>>();

/** Finds out what an engine can do, once for each connection. @throws DevnetError `engine_gone`, `engine_failed` */
export function readEngineFeatures(engine: Engine): Promise<EngineFeatures> {
  const found = known.get(engine) ?? readFeatures(engine);
  known.set(engine, found);
  return found;
}

async function readFeatures(engine: Engine): Promise<EngineFeatures> {
  return wrapEngineErrors("read the engine's features", async () => {
    if (engine.flavour !== 'podman') return dockerFeatures(engine.version, await engine.docker.info());
    return podmanFeatures(engine.version, (await callPodman<{ host: PodmanHost }>(engine, '/info')).host);
  });
}

/**
 * Docker creates a container without its memory limit where the kernel has no control group for memory, or rootless Docker was
 * not given it. Its bridges are in its own network namespace also without root.
 */
export function dockerFeatures(
  version: string,
  { MemoryLimit: memory = true, CpuCfsPeriod = true, CpuCfsQuota = true }: DockerReport,
): EngineFeatures {
  const processor = CpuCfsPeriod && CpuCfsQuota;
  const missing = [...(memory ? [] : ['memory']), ...(processor ? [] : ['processor'])];
  return {
    ...ALL,
    limits: memory && processor,
    usage: memory,
    description: `Docker ${version}${missing.length === 0 ? '' : ` without control groups of ${missing.join(' and ')}`}`,
    alternative: 'an engine that has the control groups of memory and processor',
  };
}

/**
 * Without root, Podman ignores limits on cgroup v1, and on v2 those whose controllers were not delegated to the user; and it
 * keeps its bridges in a network namespace of its own, which the host's network is not.
 */
export function podmanFeatures(
  version: string,
  { cgroupVersion, cgroupControllers, security }: PodmanHost,
): EngineFeatures {
  if (!security.rootless) return { ...ALL, description: `Podman ${version}`, alternative: AS_ROOT };
  const controllers = new Set(cgroupControllers ?? []);
  const limits = cgroupVersion === 'v2' && controllers.has('cpu') && controllers.has('memory');
  return {
    limits,
    usage: limits,
    pause: cgroupVersion === 'v2',
    hostBridges: false,
    description: `Podman ${version} without root (cgroup ${cgroupVersion})`,
    alternative: AS_ROOT,
  };
}
