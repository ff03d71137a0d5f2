import { createContainer, removeContainer, startAttachedContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';
import { LABEL } from '../state/labels.ts';
import { startOrphanGuard } from './orphan-guard.ts';

/** Where the engine listens on the machine that it runs on, unless this process reaches it by a socket of its own. */
const DEFAULT_ENGINE_SOCKET = '/var/run/docker.sock';

/** A hold on a reaper: as long as this process lives and does not let go, it waits. */
export interface Reaper {
  /** Lets go: what is left of the run is removed, and then the reaper is. */
  release(): void;
  /** Sends it away: what there is of the run stays. */
  cancel(): Promise<void>;
}

/**
 * Starts a container that removes everything of a run once this process is gone, were it by SIGKILL. It carries the run and no
 * devnet's name: it is no part of one, and goes by itself.
 * @throws DevnetError `engine_failed` where the engine's socket cannot be given to a container
 */
export async function startReaper(engine: Engine, run: string): Promise<Reaper> {
  const image = await ensureNodeImage(engine);
  const socket = /^unix:\/\/(.+)$/.exec(engine.endpoint.host)?.[1] ?? DEFAULT_ENGINE_SOCKET;
  const name = `devnet..reaper.${run}`;
  const done = await startOrphanGuard(engine, name);
  try {
    return await createReaperContainer(engine, name, run, image.reference, socket);
  } finally {
    done();
  }
}

async function createReaperContainer(
  engine: Engine,
  name: string,
  run: string,
  image: string,
  socket: string,
): Promise<Reaper> {
  const id = await createContainer(engine, {
    name,
    image,
    entrypoint: ['node', '/devnet/reaper.cjs', '/engine.sock', engine.api, run],
    hostname: 'reaper',
    env: {},
    labels: { [LABEL.run]: run, [LABEL.role]: 'reaper' },
    memory: 64 * 1024 * 1024,
    pidsLimit: 64,
    // The socket is root's. There is nothing else in here that it could use.
    user: '0:0',
    writable: false,
    capabilities: [],
    mounts: [{ from: socket, to: '/engine.sock' }],
    attached: true,
  });
  try {
    const release = await startAttachedContainer(engine, id, 'the reaper');
    return { release, cancel: () => removeContainer(engine, id) };
  } catch (cause) {
    await removeContainer(engine, id);
    throw cause;
  }
}
