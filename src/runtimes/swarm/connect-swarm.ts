import { LABEL } from '../../controller/state/labels.ts';
import {
  connectEngine,
  type Engine,
  type EngineHost,
  type EngineHosts,
  type ImageProgress,
} from '../../engine/connection/engine.ts';
import { engineOn, nameHostInErrors, reachableEngines } from '../../engine/connection/engine-hosts.ts';
import { measureClockOffset } from '../../engine/connection/measure-clock-offset.ts';
import { listContainers } from '../../engine/containers.ts';
import { findPullableDigest, type ImageIdentity, isSameImage } from '../../engine/images/image-identity.ts';
import { findImage, pullByDigest } from '../../engine/images/images.ts';
import { readSwarm, type SwarmNode } from '../../engine/swarm/swarm-nodes.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { registryOf } from '../../shared/image-reference.ts';
import type { ClockOffset } from '../../shared/time/clock-offset.ts';
import { HostAgents } from './host-agents.ts';
import { HostSockets, type HostWatch } from './host-sockets.ts';

/** The socket that the agents mount: what runs on a host finds its engine there. */
const HOST_SOCKET = 'unix:///var/run/docker.sock';

/**
 * Returns the engine of a swarm's manager with the hosts of the swarm behind it. A host that cannot be used is one of them, with
 * the reason.
 * @throws DevnetError `engine_missing` where the engine is no manager, `engine_failed` where the agents cannot be started
 */
export async function connectSwarm(manager: Engine): Promise<Engine> {
  const swarm = await readSwarm(manager);
  assertNamesDiffer(swarm.nodes);
  const agents = await HostAgents.start(manager, swarm);
  const sockets = new HostSockets();
  const managerClock = measureClockOffset(manager);
  let swarmHosts: SwarmHosts | undefined;
  const hosts = await Promise.all(
    swarm.nodes.map(async (node): Promise<EngineHost> => {
      const { name, labels } = node;
      if (node.id === swarm.managerId) return { name, labels, engine: manager, clockAheadMs: 0 };
      const engine = await connectHost(agents, sockets, node, {
        isLost: () => swarmHosts?.isLost(name) ?? false,
        onSilent: (reason) => swarmHosts?.lose({ name }, reason),
        onAnswer: () => swarmHosts?.restore(name),
      });
      if ('unavailable' in engine) return { name, labels, engine };
      const [own, other] = await Promise.all([measureClockOffset(engine), managerClock]);
      return { name, labels, engine, clockAheadMs: clockDifference(own, other) };
    }),
  );
  swarmHosts = new SwarmHosts(manager, agents, hosts, swarm.nodes);
  return { ...manager, hosts: swarmHosts };
}

/** Returns the milliseconds by which one clock is ahead of another; 0 within the error of the measurement. */
function clockDifference(one: ClockOffset, other: ClockOffset): number {
  const aheadMs = one.offsetMs - other.offsetMs;
  return Math.abs(aheadMs) <= one.uncertaintyMs + other.uncertaintyMs ? 0 : Math.round(aheadMs);
}

/** Hosts go by name in files and messages. @throws DevnetError `usage` */
function assertNamesDiffer(nodes: readonly SwarmNode[]): void {
  const twice = nodes.find(({ name }, index) => nodes[index + 1]?.name === name);
  if (!twice) return;
  throw new DevnetError('usage', `the swarm has two hosts named ${twice.name}`, {
    hint: 'hostnamectl set-hostname NAME on one of them, then restart its engine',
  });
}

async function connectHost(
  agents: HostAgents,
  sockets: HostSockets,
  node: SwarmNode,
  watch: HostWatch,
): Promise<EngineHost['engine']> {
  const obstacle = hostObstacle(node) ?? agents.obstacleOn(node);
  if (obstacle !== undefined) return { unavailable: obstacle };
  try {
    // Through the socket, no reason would be given.
    await agents.waitUntilListening(node.id);
    const socket = await sockets.open(() => agents.connect(node.id), watch);
    const engine = await connectEngine({ host: `unix://${socket}`, origin: `the agent of ${node.name}` });
    return {
      ...nameHostInErrors(engine, node.name),
      endpoint: { host: HOST_SOCKET, origin: `the agent of ${node.name}` },
    };
  } catch (cause) {
    const reason = describeError(cause);
    return { unavailable: /^E[A-Z]+$/.test(reason) ? `its agent does not answer: ${reason}` : reason };
  }
}

/** Returns why Swarm does not use a host; undefined where it does. */
function hostObstacle({ isReady, isActive }: SwarmNode): string | undefined {
  if (!isReady) return 'the managers do not hear from it';
  return isActive ? undefined : 'it is paused or drained';
}

class SwarmHosts implements EngineHosts {
  readonly agents: string;
  readonly #manager: Engine;
  readonly #agents: HostAgents;
  readonly #hosts: Map<string, EngineHost>;
  /** Hosts as they were before they were given up. */
  readonly #lost = new Map<string, EngineHost>();
  readonly #ids: ReadonlyMap<string, string>;
  /** Name of the host of each container. */
  readonly #places = new Map<string, string>();

  constructor(manager: Engine, agents: HostAgents, hosts: readonly EngineHost[], nodes: readonly SwarmNode[]) {
    this.agents = agents.name;
    this.#manager = manager;
    this.#agents = agents;
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#ids = new Map(nodes.map(({ name, id }) => [name, id]));
  }

  list(): readonly EngineHost[] {
    return [...this.#hosts.values()];
  }

  hostOf(containerId: string): EngineHost | undefined {
    return this.#hosts.get(this.#places.get(containerId) ?? '');
  }

  note(containerId: string, { name }: EngineHost): void {
    this.#places.set(containerId, name);
  }

  lose({ name }: Pick<EngineHost, 'name'>, reason: string): void {
    const host = this.#hosts.get(name);
    if (host && !this.#lost.has(name)) this.#lost.set(name, host);
    const { labels = {} } = host ?? {};
    this.#hosts.set(name, { name, labels, engine: { unavailable: reason } });
  }

  isLost(name: string): boolean {
    return this.#lost.has(name);
  }

  /** Uses a host again that was given up. */
  restore(name: string): void {
    const host = this.#lost.get(name);
    if (host) this.#hosts.set(name, host);
    this.#lost.delete(name);
  }

  async copyImage(
    reference: string,
    hosts: readonly string[],
    onProgress: (host: string, progress: ImageProgress) => void = () => {},
  ): Promise<void> {
    const wanted = await findImage(this.#manager, reference);
    await Promise.all(
      hosts.map(async (name) => {
        const engine = engineOn(this.#hosts.get(name) as EngineHost);
        if (engine.docker === this.#manager.docker) return;
        const present = await findImage(engine, reference);
        if (present && wanted ? isSameImage(present, wanted) : present === wanted) return;
        const failure = (reason: string, hint: string, cause?: unknown) =>
          new DevnetError('image_failed', `could not send the image ${reference} to ${name}: ${reason}`, {
            hint,
            cause,
          });
        if (engine.architecture !== this.#manager.architecture) {
          const machines = `${name} is ${engine.architecture}, the manager ${this.#manager.architecture}`;
          throw failure(machines, 'use hosts of one architecture, or pin nodes by `host`');
        }
        try {
          await this.#giveImage(reference, wanted, { name, engine }, (progress) => onProgress(name, progress));
        } catch (cause) {
          throw failure(describeError(cause), `docker save ${reference} | ssh ${name} docker load`, cause);
        }
      }),
    );
  }

  /** Has a host pull an image by its digest, or sends it. @throws Error */
  async #giveImage(
    reference: string,
    wanted: ImageIdentity | undefined,
    { name, engine }: { name: string; engine: Engine },
    onProgress: (progress: ImageProgress) => void,
  ): Promise<void> {
    const pinned = wanted && findPullableDigest(reference, wanted);
    let why: { refusal?: string } = {};
    if (wanted && pinned !== undefined) {
      const registry = registryOf(pinned);
      onProgress({ sent: false, registry });
      const refusal = await pullByDigest(engine, { reference, pinned, wanted });
      if (refusal === undefined) return onProgress({ sent: true, registry });
      why = { refusal: refusal.replace(`${name}: `, '') };
    }
    onProgress({ sent: false, ...why });
    await this.#agents.copyImage(reference, this.#ids.get(name) as string, engine.api);
    onProgress({ sent: true, ...why });
  }

  async readRoom(): ReturnType<EngineHosts['readRoom']> {
    const rooms = await Promise.all(
      reachableEngines({ ...this.#manager, hosts: this }).map(async ({ engine, host }) => {
        const { name } = host as EngineHost;
        return [name, await this.#agents.readRoom(this.#ids.get(name) as string, engine)] as const;
      }),
    );
    return new Map(rooms);
  }

  async removeUnused(): Promise<void> {
    // Not by its overlay: a manager lists one for a moment after it was removed. Each network has a record.
    const engine = { ...this.#manager, hosts: this };
    const containers = await listContainers(engine, `${LABEL.runtime}=swarm`);
    if (containers.length === 0) await this.#agents.remove();
  }
}
