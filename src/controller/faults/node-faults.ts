import type { Engine } from '../../engine/connection/engine.ts';
import { readEngineFeatures } from '../../engine/connection/engine-features.ts';
import { killContainer, pauseContainer, stopContainer } from '../../engine/container-lifecycle.ts';
import { type ContainerLimits, updateContainerLimits } from '../../engine/container-limits.ts';
import type { Fault } from '../../network/fault.ts';
import { restartNodes } from '../lifecycle/restart-nodes.ts';
import { findNodeContainer } from '../state/network-state.ts';
import type { FaultContext } from './fault-context.ts';
import { type Heal, idempotentHeal } from './injection.ts';

export type NodeFault = Extract<Fault, { kind: 'kill' | 'stop' | 'pause' | 'restart' }>;
type ResourceFault = Extract<Fault, { kind: 'squeeze' }>;

/** Time a node has to end after SIGTERM, seconds. */
const STOP_GRACE_SECONDS = 5;

const stop = (engine: Engine, containerId: string, node: string) =>
  stopContainer(engine, containerId, node, STOP_GRACE_SECONDS);

/** Action of each fault on a node's container. A restart is a stop that is healed at once. */
const NODE_FAULTS: Record<NodeFault['kind'], (engine: Engine, containerId: string, node: string) => Promise<void>> = {
  kill: killContainer,
  stop,
  pause: pauseContainer,
  restart: stop,
};

/** Kills, stops, pauses or restarts a node. Healing starts or unpauses it and restores its peers. */
export async function injectNodeFault({ engine, devnet }: FaultContext, { kind, node }: NodeFault): Promise<Heal> {
  await NODE_FAULTS[kind](engine, findNodeContainer(devnet, node).containerId, node);
  const heal = idempotentHeal(() => restartNodes(engine, devnet.name, [node]));
  if (kind === 'restart') await heal();
  return heal;
}

/** Limits a node's processor or memory. Healing restores the declared limits. */
export async function limitResources(context: FaultContext, { node, cpus, memory }: ResourceFault): Promise<Heal> {
  await updateLimits(context, node, {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
  });
  return idempotentHeal(async () => void (await restoreResources(context, node)));
}

/** Restores a node's declared limits. @returns whether it had others */
export async function restoreResources(context: FaultContext, node: string): Promise<boolean> {
  const declared = context.devnet.topology?.nodes.find(({ name }) => name === node);
  if (!declared || !(await readEngineFeatures(context.engine)).limits) return false;
  return updateLimits(context, node, { memory: declared.memory, cpus: declared.cpus ?? 'all' });
}

function updateLimits({ engine, devnet }: FaultContext, node: string, limits: ContainerLimits): Promise<boolean> {
  return updateContainerLimits(engine, findNodeContainer(devnet, node).containerId, node, limits);
}
