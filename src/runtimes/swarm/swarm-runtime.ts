import { connectEngine } from '../../engine/connection/engine.ts';
import { readSwarm } from '../../engine/swarm/swarm-nodes.ts';
import type { Runtime } from '../../network/runtime.ts';
import { DevnetError } from '../../shared/errors.ts';
import { containerRuntime } from '../containers/container-runtime.ts';
import { connectSwarm } from './connect-swarm.ts';
import { HostAgents } from './host-agents.ts';

/**
 * Connects to the swarm that the user's engine manages. Its networks are those of containers, on an engine that stands for all
 * hosts.
 * @throws DevnetError as `connectEngine`; `engine_missing` where the engine is no manager
 */
export async function connectSwarmRuntime(): Promise<Runtime> {
  const runtime = containerRuntime(await connectSwarm(await connectEngine()));
  return { ...runtime, find: async (name) => (await runtime.find(name)).filter((one) => one.runtime === 'swarm') };
}

/**
 * Removes the agents on the hosts of the user's swarm where no network is left: an `up` that was killed before it made one leaves them.
 * @returns whether there were any. Where the engine manages no swarm, there are none
 */
export async function removeUnusedAgents(): Promise<boolean> {
  const manager = await connectEngine();
  try {
    await readSwarm(manager);
  } catch (cause) {
    if (cause instanceof DevnetError && cause.code === 'engine_missing') return false;
    throw cause;
  }
  if (!(await HostAgents.exist(manager))) return false;
  await (await connectSwarm(manager)).hosts?.removeUnused();
  return !(await HostAgents.exist(manager));
}
