import { killContainer } from '../../engine/containers.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { findNode } from '../peers/send-message.ts';
import { type FaultContext, type Heal, idempotentHeal } from './fault-context.ts';

/** Ends a node as a crash would: its connections are reset, nothing is said. Healing starts it again, with its peers. */
export async function kill({ engine, devnet }: FaultContext, { node }: { node: string }): Promise<Heal> {
  await killContainer(engine, findNode(devnet, node).containerId, node);
  return idempotentHeal(() => restartNode(engine, devnet.name, node));
}
