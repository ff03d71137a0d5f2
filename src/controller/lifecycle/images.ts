import type { Engine } from '../../engine/engine.ts';
import { findImageId, pullImage } from '../../engine/images/images.ts';
import { ensureNodeImage, type NodeImage } from '../../engine/images/node-image.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';

/** The images a topology needs, all on the engine. */
export interface NodeImages {
  /** What nodes without an image of their own run; where all have one, that of the first. */
  defaultImage: string;
  /** Id of each node's image, by the node's name. */
  idsByNode: Map<string, string>;
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
): Promise<NodeImages> {
  const named = new Set(topology.nodes.flatMap(({ image }) => image ?? []));
  for (const reference of named)
    if (!(await findImageId(engine, reference))) await pullImageOrThrow(engine, topology, reference);
  let bundled = topology.nodes[0]?.image as string;
  if (topology.nodes.some(({ image }) => image === undefined)) {
    const image = await ensureNodeImage(engine);
    built(image);
    bundled = image.reference;
  }
  return { defaultImage: bundled, idsByNode: await resolveImageIds(engine, topology, bundled) };
}

/** @param bundled undefined: its nodes are left out */
export async function resolveImageIds(
  engine: Engine,
  topology: Topology,
  bundled: string | undefined,
): Promise<Map<string, string>> {
  const byReference = new Map<string, string | undefined>();
  const ids = new Map<string, string>();
  for (const { name, image = bundled } of topology.nodes) {
    if (image === undefined) continue;
    if (!byReference.has(image)) byReference.set(image, await findImageId(engine, image));
    const id = byReference.get(image);
    if (id !== undefined) ids.set(name, id);
  }
  return ids;
}

async function pullImageOrThrow(engine: Engine, topology: Topology, reference: string): Promise<void> {
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
