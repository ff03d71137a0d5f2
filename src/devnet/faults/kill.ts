import { killContainer } from '../../engine/containers.ts';
import { revive } from '../revive.ts';
import { findNode } from '../send.ts';
import { type Field, type Heal, once } from './field.ts';

/** Ends a node as a crash would: its connections are reset, nothing is said. Healing starts it again, with its peers. */
export async function kill({ engine, devnet }: Field, { node }: { node: string }): Promise<Heal> {
  await killContainer(engine, findNode(devnet, node).containerId, node);
  return once(() => revive(engine, devnet.name, node));
}
