import { startContainer } from '../../engine/container-lifecycle.ts';
import { type ContainerSpec, createContainer, removeContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';

const MEBIBYTE = 1024 * 1024;
/** The first process of a container ignores SIGTERM without a listener, and would have to be killed after a while. */
const WAIT_FOR_SIGTERM =
  "const timer = setInterval(() => {}, 2 ** 30); process.on('SIGTERM', () => clearInterval(timer))";

/**
 * Starts a container of the bundled image that only waits, for programs that are executed in it.
 * @param title for error messages: `the tunnel`
 * @returns its id
 * @throws DevnetError `name_taken`, `engine_failed`
 */
export async function startIdleContainer(
  engine: Engine,
  title: string,
  spec: Pick<ContainerSpec, 'name' | 'hostname' | 'labels' | 'network'>,
): Promise<string> {
  const image = await ensureNodeImage(engine);
  const id = await createContainer(engine, {
    ...spec,
    image: image.reference,
    entrypoint: ['node', '-e', WAIT_FOR_SIGTERM],
    env: {},
    memory: 256 * MEBIBYTE,
    pidsLimit: 256,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  try {
    await startContainer(engine, id, title);
  } catch (cause) {
    // Its network may have been removed meanwhile.
    await removeContainer(engine, id);
    throw cause;
  }
  return id;
}
