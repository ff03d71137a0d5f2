import { stopContainer } from '../../engine/containers.ts';
import { restartNode } from '../lifecycle/restart-node.ts';
import { findNode } from '../peers/send-message.ts';
import type { FaultContext, Heal } from './fault-context.ts';
import { STOP_GRACE_SECONDS } from './stop.ts';

/** Asks a node to end and starts it again, with its peers; it is back when this returns, and there is nothing to heal. */
export async function restart({ engine, devnet }: FaultContext, { node }: { node: string }): Promise<Heal> {
  await stopContainer(engine, findNode(devnet, node).containerId, node, STOP_GRACE_SECONDS);
  await restartNode(engine, devnet.name, node);
  return async () => {};
}
