import { pauseContainer } from '../../engine/containers.ts';
import { revive } from '../revive.ts';
import { findNode } from '../send.ts';
import { type Field, type Heal, once } from './field.ts';

/** Freezes a node: its connections stay and nobody answers on them. Healing lets it go on. */
export async function pause({ engine, devnet }: Field, { node }: { node: string }): Promise<Heal> {
  await pauseContainer(engine, findNode(devnet, node).containerId, node);
  return once(() => revive(engine, devnet.name, node));
}
