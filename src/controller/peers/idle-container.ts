import type { Engine } from '../../engine/connection/engine.ts';
import { startContainer } from '../../engine/container-lifecycle.ts';
import { type ContainerSpec, createContainer, removeContainer } from '../../engine/containers.ts';
import type { ContainerStarter } from '../../engine/endpoint-count-workaround.ts';
import { IDLE_COMMAND } from '../../engine/idle-command.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';

const MEBIBYTE = 1024 * 1024;

/**
 * Starts a container of the bundled image that only waits, for programs that are executed in it.
 * @param title for error messages: `the tunnel`
 * @param start starts it, where many containers start at the same time
 * @returns its id
 * @throws DevnetError `name_taken`, `engine_failed`
 */
export async function startIdleContainer(
  engine: Engine,
  title: string,
  spec: Pick<ContainerSpec, 'name' | 'host' | 'hostname' | 'labels' | 'network'>,
  start: ContainerStarter = (id, name) => startContainer(engine, id, name),
): Promise<string> {
  const image = await ensureNodeImage(engine);
  const id = await createContainer(engine, {
    ...spec,
    image: image.reference,
    entrypoint: IDLE_COMMAND,
    env: {},
    memory: 256 * MEBIBYTE,
    pidsLimit: 256,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  try {
    await start(id, title);
  } catch (cause) {
    // Its network may have been removed meanwhile.
    await removeContainer(engine, id);
    throw cause;
  }
  return id;
}
