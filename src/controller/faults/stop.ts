import { stopContainer } from '../../engine/containers.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { findNode } from '../peers/send-message.ts';
import { type FaultContext, type Heal, idempotentHeal } from './fault-context.ts';

/** Seconds that a node has to end in its own way. */
export const STOP_GRACE_SECONDS = 5;

/** Asks a node to end. Healing starts it again, with its peers. */
export async function stop({ engine, devnet }: FaultContext, { node }: { node: string }): Promise<Heal> {
  await stopContainer(engine, findNode(devnet, node).containerId, node, STOP_GRACE_SECONDS);
  return idempotentHeal(() => restartNode(engine, devnet.name, node));
}
