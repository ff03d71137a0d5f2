import type { Engine } from '../engine/engine.ts';
import { imageId, pullImage } from '../engine/images.ts';
import { ensureNodeImage, type NodeImage } from '../engine/node-image.ts';
import { DevnetError } from '../errors.ts';
import type { Topology } from '../topology/index.ts';

/** The images a topology needs, all on the engine. */
export interface Images {
  /** What nodes without an image of their own run; where all have one, that of the first. */
  bundled: string;
  /** Id of each node's image, by the node's name. */
  ids: Map<string, string>;
}

/**
 * Builds the bundled image and pulls others, where the engine does not hold them.
 * @param built called when the bundled image is used
 * @throws DevnetError `image_missing`, naming the nodes that need it
 */
export async function ensureImages(
  engine: Engine,
  topology: Topology,
  built: (image: NodeImage) => void,
): Promise<Images> {
  const named = new Set(topology.nodes.flatMap(({ image }) => image ?? []));
  for (const reference of named) if (!(await imageId(engine, reference))) await pull(engine, topology, reference);
  let bundled = topology.nodes[0]?.image as string;
  if (topology.nodes.some(({ image }) => image === undefined)) {
    const image = await ensureNodeImage(engine);
    built(image);
    bundled = image.reference;
  }
  return { bundled, ids: await imageIds(engine, topology, bundled) };
}

/** @param bundled undefined: its nodes are left out */
export async function imageIds(
  engine: Engine,
  topology: Topology,
  bundled: string | undefined,
): Promise<Map<string, string>> {
  const byReference = new Map<string, string | undefined>();
  const ids = new Map<string, string>();
  for (const { name, image = bundled } of topology.nodes) {
    if (image === undefined) continue;
    if (!byReference.has(image)) byReference.set(image, await imageId(engine, image));
    const id = byReference.get(image);
    if (id !== undefined) ids.set(name, id);
  }
  return ids;
}

async function pull(engine: Engine, topology: Topology, reference: string): Promise<void> {
  const refusal = await pullImage(engine, reference);
  if (refusal === undefined) return;
  const users = topology.nodes.filter(({ image }) => image === reference).map(({ name }) => name);
  throw new DevnetError(
    'image_missing',
    `${users.join(', ')}: there is no image "${reference}" on the engine, and ${refusal}`,
    {
      hint: `docker build -t ${reference} … , or docker load it`,
    },
  );
}
