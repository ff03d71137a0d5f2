import { pauseContainer } from '../../engine/containers.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { findNode } from '../peers/send-message.ts';
import { type FaultContext, type Heal, idempotentHeal } from './fault-context.ts';

/** Freezes a node: its connections stay and nobody answers on them. Healing lets it go on. */
export async function pause({ engine, devnet }: FaultContext, { node }: { node: string }): Promise<Heal> {
  await pauseContainer(engine, findNode(devnet, node).containerId, node);
  return idempotentHeal(() => restartNode(engine, devnet.name, node));
}
