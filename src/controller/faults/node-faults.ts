import type { Engine } from '../../engine/connection/engine.ts';
import { readEngineFeatures } from '../../engine/connection/engine-features.ts';
import { engineOf } from '../../engine/connection/engine-hosts.ts';
import { killContainer, pauseContainer, stopContainer } from '../../engine/container-lifecycle.ts';
import { type ContainerLimits, updateContainerLimits } from '../../engine/container-limits.ts';
import { faultRequirements } from '../../network/capabilities.ts';
import type { Fault } from '../../network/fault.ts';
import { restartNodes } from '../lifecycle/restart-nodes.ts';
import { assertEngineSupports } from '../state/engine-support.ts';
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

/**
 * Limits a node's processor or memory. Healing restores the declared limits.
 * @throws UnsupportedError where the engine that the node is on limits nothing
 */
export async function limitResources(context: FaultContext, fault: ResourceFault): Promise<Heal> {
  const { node, cpus, memory } = fault;
  const { containerId } = findNodeContainer(context.devnet, node);
  await assertEngineSupports(engineOf(context.engine, containerId), faultRequirements([fault]));
  await updateLimits(context, node, {
    ...(cpus === undefined ? {} : { cpus }),
    ...(memory === undefined ? {} : { memory }),
  });
  return idempotentHeal(async () => void (await restoreResources(context, node)));
}

/** Restores a node's declared limits, where its engine has any. @returns whether it had others */
export async function restoreResources(context: FaultContext, node: string): Promise<boolean> {
  const { engine, devnet } = context;
  const declared = devnet.topology?.nodes.find(({ name }) => name === node);
  if (!declared) return false;
  const { limits } = await readEngineFeatures(engineOf(engine, findNodeContainer(devnet, node).containerId));
  if (!limits) return false;
  return updateLimits(context, node, { memory: declared.memory, cpus: declared.cpus ?? 'all' });
}

function updateLimits({ engine, devnet }: FaultContext, node: string, limits: ContainerLimits): Promise<boolean> {
  return updateContainerLimits(engine, findNodeContainer(devnet, node).containerId, node, limits);
}
