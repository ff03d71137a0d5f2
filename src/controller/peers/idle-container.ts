import { type ContainerSpec, createContainer, startContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';

const MEBIBYTE = 1024 * 1024;

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
    entrypoint: ['node', '-e', 'setInterval(() => {}, 2 ** 30)'],
    env: {},
    memory: 256 * MEBIBYTE,
    pidsLimit: 256,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  await startContainer(engine, id, title);
  return id;
}
