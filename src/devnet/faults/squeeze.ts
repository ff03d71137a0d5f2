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
  return once(async () => void (await unsqueeze({ engine, devnet }, node)));
}

/** Gives a node back what its topology declares. @returns whether it had something else */
export async function unsqueeze({ engine, devnet }: Field, node: string): Promise<boolean> {
  const declared = devnet.topology?.nodes.find(({ name }) => name === node);
  if (!declared) return false;
  const { containerId } = findNode(devnet, node);
  return limitContainer(engine, containerId, node, { memory: declared.memory, cpus: declared.cpus ?? 'all' });
}
