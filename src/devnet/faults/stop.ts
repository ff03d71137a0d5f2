import { stopContainer } from '../../engine/containers.ts';
import { revive } from '../revive.ts';
import { findNode } from '../send.ts';
import { type Field, type Heal, once } from './field.ts';

/** Seconds that a node has to end in its own way. */
export const GRACE = 5;

/** Asks a node to end. Healing starts it again, with its peers. */
export async function stop({ engine, devnet }: Field, { node }: { node: string }): Promise<Heal> {
  await stopContainer(engine, findNode(devnet, node).containerId, node, GRACE);
  return once(() => revive(engine, devnet.name, node));
}
