import { createHash, randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { HostRoom } from '../../agents/host/host-room.ts';
import { AGENT_PORT, KEY_BYTES, secureConnection } from '../../agents/host/secure-channel.ts';
import { openTunnelDialer, type TunnelDialer } from '../../controller/peers/tunnel-dialer.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import { execWithInput } from '../../engine/exec.ts';
import { ensureBaseImage } from '../../engine/images/base-image.ts';
import { type ContextFile, readPackageFile } from '../../engine/images/bundled-image.ts';
import { findPinnedReference } from '../../engine/images/images.ts';
import {
  ensureGlobalService,
  listServiceTasks,
  removeGlobalService,
  type ServiceTask,
  serviceExists,
  waitUntilServiceRemoved,
} from '../../engine/swarm/global-service.ts';
import type { Swarm, SwarmNode } from '../../engine/swarm/swarm-nodes.ts';
import { DevnetError } from '../../shared/errors.ts';
import { poll } from '../../shared/time/poll.ts';

const AGENT_PROGRAM = '/devnet/host-agent.cjs';
const AGENT_MEMORY_BYTES = 256 * 1024 * 1024;
/** Time for Swarm to start the agents. */
const START_TIMEOUT_MS = 60_000;
/** Time after which a host whose agent has failed is used no more: Swarm may just be starting it again. */
const FAILURE_TIMEOUT_MS = 4_000;
/** Each is for one removal by another command. */
const MAX_START_ATTEMPTS = 3;
const POLL_INTERVAL_MS = 100;
const CONNECT_TIMEOUT_MS = 5_000;
const LISTEN_TIMEOUT_MS = 20_000;

/**
 * The agents on the hosts of a swarm: a global service, whose name has the hash of its program, so that two versions of devnet
 * have each their own. The controller reaches them through the one on the manager, on whose network they all are.
 */
export class HostAgents {
  /** Name of the service, its secret and its network. */
  readonly name: string;
  readonly #manager: Engine;
  readonly #image: string;
  readonly #managerId: string;
  #tasks: ReadonlyMap<string, ServiceTask>;
  readonly #key: Buffer;
  #tunnel: Promise<TunnelDialer> | undefined;

  private constructor(
    manager: Engine,
    { name, image }: { name: string; image: string },
    managerId: string,
    tasks: readonly ServiceTask[],
    key: Buffer,
  ) {
    this.#manager = manager;
    this.name = name;
    this.#image = image;
    this.#managerId = managerId;
    this.#tasks = tasksByNode(tasks);
    this.#key = key;
  }

  /**
   * Starts the agents unless they run, and waits for them. Where another command removes them at that moment, with the last network
   * that it knew of, they are started once more.
   * @throws DevnetError `engine_failed` where the manager's own does not run: it is the way to the others
   */
  static async start(manager: Engine, swarm: Swarm): Promise<HostAgents> {
    const files = await readAgentFiles();
    const name = serviceNameOf(files);
    for (let attempt = 1; ; attempt++) {
      try {
        return await HostAgents.#startService(manager, swarm, name, files);
      } catch (cause) {
        if (attempt === MAX_START_ATTEMPTS || (await serviceExists(manager, name))) throw cause;
        await waitUntilServiceRemoved(manager, name);
      }
    }
  }

  static async #startService(
    manager: Engine,
    swarm: Swarm,
    name: string,
    files: Map<string, Buffer>,
  ): Promise<HostAgents> {
    const { reference } = await ensureBaseImage(manager);
    await ensureGlobalService(manager, {
      name,
      image: await findPinnedReference(manager, reference),
      command: ['node', AGENT_PROGRAM],
      files,
      secret: { file: 'devnet-agent-key', value: randomBytes(KEY_BYTES) },
      labels: { 'devnet.agents': name },
      memory: AGENT_MEMORY_BYTES,
    });
    const tasks = await waitForTasks(manager, name, swarm);
    const own = tasks.find(({ nodeId }) => nodeId === swarm.managerId);
    if (own?.containerId === undefined || own.state !== 'running') {
      throw new DevnetError('engine_failed', `the agent on the manager does not run: ${own?.failure ?? 'no task'}`, {
        hint: `docker service ps ${name} --no-trunc shows why; a manager that is drained or paused runs none`,
      });
    }
    const key = await runInAgent(manager, own.containerId, ['key']);
    return new HostAgents(manager, { name, image: reference }, swarm.managerId, tasks, Buffer.from(key, 'hex'));
  }

  /** Returns whether the agents of this version of devnet were started. Starts nothing. */
  static async exist(manager: Engine): Promise<boolean> {
    return serviceExists(manager, serviceNameOf(await readAgentFiles()));
  }

  /** Returns why there is no way to a host's engine, and the fix; undefined where there is. */
  obstacleOn({ id, name }: SwarmNode): string | undefined {
    const task = this.#tasks.get(id);
    if (task?.state === 'running' && task.address !== undefined) return undefined;
    if (task?.failure?.includes('No such image'))
      return `it lacks the image of its agent, and no registry has it: docker save ${this.#image} | ssh ${name} docker load`;
    return `its agent does not run: ${task?.failure ?? 'Swarm does not start it'}`;
  }

  /** Waits until a host's agent, whose container may have started just now, takes connections. @throws Error */
  async waitUntilListening(nodeId: string): Promise<void> {
    const result = await poll(
      () => this.connect(nodeId),
      () => true,
      {
        timeoutMs: LISTEN_TIMEOUT_MS,
        intervalMs: POLL_INTERVAL_MS,
        signal: new AbortController().signal,
        isFatal: (cause) => (cause as NodeJS.ErrnoException).code !== 'ECONNREFUSED',
      },
    );
    if (!result.met) throw new Error(`its agent takes no connections after ${LISTEN_TIMEOUT_MS / 1_000} s`);
    result.value.destroy();
  }

  /** Connects to the engine of a host, also where Swarm has started its agent again meanwhile, elsewhere. @throws Error */
  async connect(nodeId: string): Promise<Duplex> {
    const { address } = this.#tasks.get(nodeId) ?? {};
    try {
      return await this.#connectTo(address);
    } catch (cause) {
      const tasks = tasksByNode(await listServiceTasks(this.#manager, this.name));
      if (tasks.get(nodeId)?.address === address) throw cause;
      this.#tasks = tasks;
      return this.#connectTo(tasks.get(nodeId)?.address);
    }
  }

  async #connectTo(address = ''): Promise<Duplex> {
    const tunnel = await this.#openTunnel();
    return secureConnection(await tunnel.connect(address, AGENT_PORT, CONNECT_TIMEOUT_MS), this.#key);
  }

  /** Reads what is free on a host. @param engine its own */
  async readRoom(nodeId: string, engine: Engine): Promise<HostRoom> {
    const { containerId = '' } = this.#tasks.get(nodeId) ?? {};
    return JSON.parse(await runInAgent(engine, containerId, ['room'])) as HostRoom;
  }

  /**
   * Sends an image from the manager's engine to a host's, from agent to agent.
   * @param api version of the API that the host's engine speaks
   * @throws DevnetError `engine_failed`
   */
  async copyImage(reference: string, nodeId: string, api: string): Promise<void> {
    const { containerId = '' } = this.#tasks.get(this.#managerId) ?? {};
    const { address = '' } = this.#tasks.get(nodeId) ?? {};
    await runInAgent(this.#manager, containerId, ['copy', reference, this.#manager.api, address, api]);
  }

  /** Removes the agents. */
  async remove(): Promise<void> {
    (await this.#tunnel?.catch(() => undefined))?.close();
    await removeGlobalService(this.#manager, this.name);
  }

  #openTunnel(): Promise<TunnelDialer> {
    const forget = () => {
      this.#tunnel = undefined;
    };
    const { containerId = '' } = this.#tasks.get(this.#managerId) ?? {};
    this.#tunnel ??= openTunnelDialer(this.#manager, containerId, forget).then(
      (tunnel) => {
        tunnel.unref();
        return tunnel;
      },
      (cause: unknown) => {
        forget();
        throw cause;
      },
    );
    return this.#tunnel;
  }
}

const tasksByNode = (tasks: readonly ServiceTask[]) => new Map(tasks.map((task) => [task.nodeId, task]));

/** Reads what the agents are made of, by its path in their containers. */
async function readAgentFiles(): Promise<Map<string, Buffer>> {
  const paths = [AGENT_PROGRAM, '/devnet/tunnel.cjs'];
  const files = await Promise.all(paths.map((path) => readPackageFile(path.replace('/devnet/', 'dist/'))));
  return new Map(paths.map((path, index) => [path, (files[index] as ContextFile).bytes]));
}

function serviceNameOf(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  for (const content of files.values()) hash.update(content);
  return `devnet-agents-${hash.digest('hex').slice(0, 12)}`;
}

/** Waits until the agent of each host that can have one runs, or has failed. */
async function waitForTasks(manager: Engine, service: string, { nodes }: Swarm): Promise<ServiceTask[]> {
  const expected = nodes.filter(({ isReady, isActive }) => isReady && isActive);
  const began = performance.now();
  const isSettled = (task: ServiceTask | undefined) =>
    task?.state === 'running' || (task?.failure !== undefined && performance.now() - began > FAILURE_TIMEOUT_MS);
  const found = await poll(
    () => listServiceTasks(manager, service),
    (tasks) => expected.every(({ id }) => isSettled(tasks.find(({ nodeId }) => nodeId === id))),
    {
      timeoutMs: START_TIMEOUT_MS,
      intervalMs: POLL_INTERVAL_MS,
      signal: new AbortController().signal,
      isFatal: () => true,
    },
  );
  return found.met ? found.value : (found.last ?? []);
}

async function runInAgent(engine: Engine, containerId: string, task: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await execWithInput(engine, containerId, ['node', AGENT_PROGRAM, ...task], '');
  if (code === 0) return stdout;
  const reason = `${stderr}${stdout}`.trim() || `it ended with status ${code}`;
  throw new DevnetError('engine_failed', `the agent on the manager failed at ${task[0]}: ${reason}`);
}
