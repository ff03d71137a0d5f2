import { type Limits, limitContainer } from '../../engine/containers.ts';
import { findNode } from '../send.ts';
import { type Field, type Heal, once } from './field.ts';

export interface Squeeze extends Limits {
  node: string;
}

/** Leaves a node less processor or memory than it has. Healing gives it what its topology declares. */
export async function squeeze({ engine, devnet }: Field, { node, cpus, memory }: Squeeze): Promise<Heal> {
  const { containerId } = findNode(devnet, node);
  await limitContainer(engine, containerId, node, {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
  });
  return once(() => unsqueeze({ engine, devnet }, node));
}

/** Gives a node back what its topology declares. */
export async function unsqueeze({ engine, devnet }: Field, node: string): Promise<void> {
  const declared = devnet.topology?.nodes.find(({ name }) => name === node);
  const { containerId } = findNode(devnet, node);
  if (declared)
    await limitContainer(engine, containerId, node, { memory: declared.memory, cpus: declared.cpus ?? 'all' });
}
