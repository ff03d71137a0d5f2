import { type ContainerLimits, updateContainerLimits } from '../../engine/containers.ts';
import { findNode } from '../peers/send-message.ts';
import { type FaultContext, type Heal, idempotentHeal } from './fault-context.ts';

export interface ResourceLimits extends ContainerLimits {
  node: string;
}

/** Leaves a node less processor or memory than it has. Healing gives it what its topology declares. */
export async function limitResources(
  { engine, devnet }: FaultContext,
  { node, cpus, memory }: ResourceLimits,
): Promise<Heal> {
  const { containerId } = findNode(devnet, node);
  await updateContainerLimits(engine, containerId, node, {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
  });
  return idempotentHeal(async () => void (await restoreResources({ engine, devnet }, node)));
}

/** Gives a node back what its topology declares. @returns whether it had something else */
export async function restoreResources({ engine, devnet }: FaultContext, node: string): Promise<boolean> {
  const declared = devnet.topology?.nodes.find(({ name }) => name === node);
  if (!declared) return false;
  const { containerId } = findNode(devnet, node);
  return updateContainerLimits(engine, containerId, node, { memory: declared.memory, cpus: declared.cpus ?? 'all' });
}
