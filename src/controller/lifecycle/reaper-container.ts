import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createContainer, removeContainer, startAttachedContainer } from '../../engine/containers.ts';
import { type Engine, plainHttpOptions } from '../../engine/engine.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';
import { packageRoot } from '../../shared/package-root.ts';
import { LABEL } from '../state/labels.ts';

/** The engine's socket on its own machine, unless this process uses another one. */
const DEFAULT_ENGINE_SOCKET = '/var/run/docker.sock';

/** A reaper that waits as long as this process lives and neither releases nor cancels it. */
export interface Reaper {
  /** Makes it remove what is left of the run, and then itself. */
  release(): void;
  /** Removes the reaper. The run's containers stay. @throws DevnetError `engine_gone`, `engine_failed` */
  cancel(): Promise<void>;
  /**
   * Connection to the engine that the reaper waits for. A process that inherits it keeps the reaper waiting after this process
   * has ended.
   */
  readonly connection: Duplex;
}

/**
 * Starts a container that removes everything of a run once this process has ended, even by SIGKILL. It carries the label of
 * the run but no network's name: it belongs to no network and removes itself.
 * @throws DevnetError `engine_failed` where the engine's socket cannot be mounted into a container
 */
export async function startReaper(engine: Engine, run: string): Promise<Reaper> {
  const { reference } = await ensureNodeImage(engine);
  const name = `devnet..reaper.${run}`;
  const dismissGuard = await startOrphanGuard(engine, name);
  try {
    return await createReaperContainer(engine, name, run, reference);
  } finally {
    dismissGuard();
  }
}

async function createReaperContainer(engine: Engine, name: string, run: string, image: string): Promise<Reaper> {
  const socket = /^unix:\/\/(.+)$/.exec(engine.endpoint.host)?.[1] ?? DEFAULT_ENGINE_SOCKET;
  const id = await createContainer(engine, {
    name,
    image,
    entrypoint: ['node', '/devnet/reaper.cjs', '/engine.sock', engine.api, run],
    hostname: 'reaper',
    env: {},
    labels: { [LABEL.run]: run, [LABEL.role]: 'reaper' },
    memory: 64 * 1024 * 1024,
    pidsLimit: 64,
    // The socket belongs to root; nothing else in the container does.
    user: '0:0',
    writable: false,
    capabilities: [],
    mounts: [{ from: socket, to: '/engine.sock' }],
    attached: true,
  });
  try {
    const connection = await startAttachedContainer(engine, id, 'the reaper');
    return { connection, release: () => connection.destroy(), cancel: () => removeContainer(engine, id) };
  } catch (cause) {
    await removeContainer(engine, id);
    throw cause;
  }
}

/**
 * Starts a process that removes the reaper's container if this process is killed between creating and starting it. No order
 * of steps avoids that moment: the engine has no call that does both, and a container that never ran watches nothing. The
 * guard has no TLS keys, so there is none where the engine takes them.
 * @returns dismisses the guard
 */
async function startOrphanGuard(engine: Engine, container: string): Promise<() => void> {
  const httpOptions = plainHttpOptions(engine);
  if (httpOptions === undefined) return () => {};
  const file = join(packageRoot, 'dist', 'orphan-guard.cjs');
  const guard = spawn(process.execPath, [file, JSON.stringify(httpOptions), engine.api, container], {
    // A process group of its own: a signal to this process's group does not reach it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
  });
  await once(guard, 'spawn');
  guard.stdin.on('error', () => {}); // The guard was killed.
  guard.unref();
  return () => guard.stdin.end('done');
}
