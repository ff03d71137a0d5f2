import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { HOLDING, REAPER_TASK_ENV, RELEASED, type ReaperTask } from '../../../agents/reaper/reaper-task.ts';
import type { Engine, EngineHosts } from '../../../engine/connection/engine.ts';
import { engineAccess } from '../../../engine/connection/engine-client.ts';
import {
  type ContainerSpec,
  createContainer,
  listContainers,
  removeContainer,
  startAttachedContainer,
} from '../../../engine/containers.ts';
import { ensureNodeImage } from '../../../engine/images/node-image.ts';
import { packageRoot } from '../../../shared/files/package-root.ts';
import { LABEL } from '../../state/labels.ts';
import type { ReaperHold } from './reaper-hold.ts';

const SOCKET_IN_CONTAINER = '/engine.sock';

const reaperContainerName = (run: string): string => `devnet..reaper.${run}`;

const agentsOf = (hosts: EngineHosts | undefined) => (hosts ? { agents: hosts.agents } : {});

/** Returns the task of a reaper that runs on this machine, or of the guard of one. */
export function reaperTaskHere({ address, endpoint, api, hosts }: Engine, run: string): ReaperTask {
  const access = engineAccess(address, endpoint.host, api);
  return { engine: access, run, container: reaperContainerName(run), removesContainer: true, ...agentsOf(hosts) };
}

/**
 * Starts a reaper in a container that mounts the engine's socket.
 * @param socket its path on the engine's machine
 * @throws DevnetError `engine_failed` where the socket is not there or leads to another engine, `name_taken`
 */
export async function holdByContainer(engine: Engine, run: string, socket: string): Promise<ReaperHold> {
  const container = reaperContainerName(run);
  const access = { api: engine.api, request: { socketPath: SOCKET_IN_CONTAINER } };
  const task: ReaperTask = { engine: access, run, container, removesContainer: false, ...agentsOf(engine.hosts) };
  const id = await createReaper(engine, run, {
    entrypoint: ['node', '/devnet/reaper.cjs'],
    env: { [REAPER_TASK_ENV]: JSON.stringify(task) },
    mounts: [{ from: socket, to: SOCKET_IN_CONTAINER }],
    attached: true,
  });
  try {
    const { connection, ended } = await startAttachedContainer(engine, id, 'the reaper', HOLDING);
    return {
      connection,
      ended,
      release: () => void connection.end(RELEASED),
      cancel: () => removeContainer(engine, id),
    };
  } catch (cause) {
    await removeContainer(engine, id);
    throw cause;
  }
}

/**
 * Creates the container of a reaper that is a process: it never runs, holds the name, and tells the process that it has reached
 * this engine.
 * @throws DevnetError `name_taken`
 */
export async function claimReaperName(engine: Engine, run: string): Promise<void> {
  await createReaper(engine, run, { entrypoint: ['true'], env: {} });
}

async function createReaper(
  engine: Engine,
  run: string,
  spec: Pick<ContainerSpec, 'entrypoint' | 'env' | 'mounts' | 'attached'>,
): Promise<string> {
  const { reference } = await ensureNodeImage(engine);
  const labels = { [LABEL.run]: run, [LABEL.role]: 'reaper' };
  return createContainer(engine, {
    ...spec,
    name: reaperContainerName(run),
    image: reference,
    hostname: 'reaper',
    labels,
    memory: 64 * 1024 * 1024,
    pidsLimit: 64,
    // The socket belongs to root; nothing else in the container does.
    user: '0:0',
    writable: false,
    capabilities: [],
  });
}

/** Removes the container of a reaper, whether it runs or not. */
export async function removeReaperContainer(engine: Engine, run: string): Promise<void> {
  const found = await listContainers(engine, `${LABEL.run}=${run}`, `${LABEL.role}=reaper`);
  for (const { id } of found) await removeContainer(engine, id);
}

/**
 * Starts a process that removes the reaper's container if this process is killed between creating and starting it. No order
 * of steps avoids that moment: the engine has no call that does both, and a container that never ran watches nothing.
 * @returns dismisses the guard
 */
export async function startOrphanGuard(engine: Engine, run: string): Promise<() => void> {
  const guard = spawn(process.execPath, [join(packageRoot, 'dist', 'orphan-guard.cjs')], {
    // A process group of its own: a signal to this process's group does not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, [REAPER_TASK_ENV]: JSON.stringify(reaperTaskHere(engine, run)) },
    windowsHide: true,
  });
  await once(guard, 'spawn');
  guard.stdin.on('error', () => {}); // The guard was killed.
  guard.unref();
  return () => guard.stdin.end('done');
}
