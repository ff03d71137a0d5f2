import { stopContainer } from '../../engine/containers.ts';
import { revive } from '../revive.ts';
import { findNode } from '../send.ts';
import type { Field, Heal } from './field.ts';
import { GRACE } from './stop.ts';

/** Asks a node to end and starts it again, with its peers; it is back when this returns, and there is nothing to heal. */
export async function restart({ engine, devnet }: Field, { node }: { node: string }): Promise<Heal> {
  await stopContainer(engine, findNode(devnet, node).containerId, node, GRACE);
  await revive(engine, devnet.name, node);
  return async () => {};
}
