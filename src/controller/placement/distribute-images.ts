import type { Engine, ImageProgress } from '../../engine/connection/engine.ts';
import { reachableEngines } from '../../engine/connection/engine-hosts.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';
import type { Topology } from '../../topology/index.ts';

/**
 * Gives the hosts the images of the nodes that they get, where they do not have them.
 * @param hosts of the nodes
 * @param onProgress called for each host and image that it lacks, when it begins and when the host has the image
 * @throws DevnetError `image_failed`
 */
export async function distributeImages(
  engine: Engine,
  { nodes }: Topology,
  defaultImage: string,
  hosts: ReadonlyMap<string, string>,
  onProgress: (image: string, host: string, progress: ImageProgress) => void = () => {},
): Promise<void> {
  const needed = new Map<string, Set<string>>();
  for (const { name, image = defaultImage } of nodes) {
    const host = hosts.get(name);
    if (host !== undefined) needed.set(image, (needed.get(image) ?? new Set()).add(host));
  }
  for (const [image, names] of needed)
    await engine.hosts?.copyImage(image, [...names], (host, progress) => onProgress(image, host, progress));
}

/** Sends the bundled image, which the reapers are made of, to all hosts that answer. @throws DevnetError `image_failed` */
export async function distributeBundledImage(engine: Engine): Promise<void> {
  if (!engine.hosts) return;
  const { reference } = await ensureNodeImage(engine);
  const names = reachableEngines(engine).flatMap(({ host }) => host?.name ?? []);
  await engine.hosts.copyImage(reference, names);
}
