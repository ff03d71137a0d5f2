import type { Engine } from './engine.ts';
import { wrapEngineErrors } from './engine-error.ts';
import { callPodman } from './podman-api.ts';

/** Optional features that an engine has for its containers. */
export interface EngineFeatures {
  /** Limits of memory and processor are in force, and their use is counted. */
  limits: boolean;
  /** Containers can be frozen. */
  pause: boolean;
  /** A container in the host's network sees the bridges, and may change what passes through them. */
  hostBridges: boolean;
  /** The engine in words, for messages: `Podman 5.8.6 without root (cgroup v1)`. */
  description: string;
}

/** The part of Podman's own report that features depend on. */
export interface PodmanHost {
  cgroupVersion: string;
  /** Controllers that the service may use. */
  cgroupControllers: string[] | null;
  security: { rootless: boolean };
}

const ALL = { limits: true, pause: true, hostBridges: true };

const known = new WeakMap<Engine, Promise<EngineFeatures>>();

/** Finds out what an engine can do, once for each connection. @throws DevnetError `engine_gone`, `engine_failed` */
export function readEngineFeatures(engine: Engine): Promise<EngineFeatures> {
  const found = known.get(engine) ?? readFeatures(engine);
  known.set(engine, found);
  return found;
}

/** Docker says itself what it cannot do, and its bridges are in its own network namespace also without root. */
async function readFeatures(engine: Engine): Promise<EngineFeatures> {
  if (engine.flavour !== 'podman') return { ...ALL, description: `Docker ${engine.version}` };
  const { host } = await wrapEngineErrors("read the engine's features", () =>
    callPodman<{ host: PodmanHost }>(engine, '/info'),
  );
  return podmanFeatures(engine.version, host);
}

/**
 * Without root, Podman ignores limits on cgroup v1, and on v2 those whose controllers were not delegated to the user; and it
 * keeps its bridges in a network namespace of its own, which the host's network is not.
 */
export function podmanFeatures(
  version: string,
  { cgroupVersion, cgroupControllers, security }: PodmanHost,
): EngineFeatures {
  if (!security.rootless) return { ...ALL, description: `Podman ${version}` };
  const controllers = new Set(cgroupControllers ?? []);
  return {
    limits: cgroupVersion === 'v2' && controllers.has('cpu') && controllers.has('memory'),
    pause: cgroupVersion === 'v2',
    hostBridges: false,
    description: `Podman ${version} without root (cgroup ${cgroupVersion})`,
  };
}
