import type { Engine } from '../../engine/connection/engine.ts';
import { findImageId, pullImage } from '../../engine/images/images.ts';
import { ensureNodeImage, type NodeImage } from '../../engine/images/node-image.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import type { RecordImage } from '../state/network-record.ts';

/** Images of a topology's nodes. */
export interface NodeImages {
  /** Image of the nodes that declare none; where all declare one, that of the first. */
  defaultImage: string;
  /** Image of the network's record. */
  recordImage: RecordImage;
  /** Id of each node's image, by node. */
  idsByNode: Map<string, string>;
}

/**
 * Builds the bundled image, in which the network's record waits, and pulls the declared ones, where the engine does not have them.
 * @param onBundledImage called when a node uses the bundled image
 * @throws DevnetError `image_missing`, naming the nodes that need it
 */
export async function ensureImages(
  engine: Engine,
  topology: Topology,
  onBundledImage: (image: NodeImage) => void,
): Promise<NodeImages> {
  const declared = new Set(topology.nodes.flatMap(({ image }) => image ?? []));
  for (const reference of declared)
    if (!(await findImageId(engine, reference))) await pullImageOrThrow(engine, topology, reference);
  const isUsed = topology.nodes.some(({ image }) => image === undefined);
  const bundled = await ensureNodeImage(engine).catch((cause) => {
    if (isUsed) throw cause;
    return undefined; // A record that does not run is one all the same, until the engine is pruned.
  });
  if (isUsed) onBundledImage(bundled as NodeImage);
  const defaultImage = isUsed ? (bundled as NodeImage).reference : (topology.nodes[0]?.image as string);
  return {
    defaultImage,
    recordImage: { reference: bundled?.reference ?? defaultImage, isBundled: bundled !== undefined },
    idsByNode: await resolveImageIds(engine, topology, defaultImage),
  };
}

/** Returns the id of each node's image. Nodes whose image the engine does not have are omitted. */
export async function resolveImageIds(
  engine: Engine,
  topology: Topology,
  defaultImage: string | undefined,
): Promise<Map<string, string>> {
  const byReference = new Map<string, string | undefined>();
  const ids = new Map<string, string>();
  for (const { name, image = defaultImage } of topology.nodes) {
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
    `${users.join(', ')}: there is no image "${reference}" on the engine, and it could not be pulled: ${refusal.reason}`,
    { hint: refusal.hint },
  );
}
