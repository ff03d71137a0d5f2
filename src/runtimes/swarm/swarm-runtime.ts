import { connectEngine } from '../../engine/connection/engine.ts';
import type { Runtime } from '../../network/runtime.ts';
import { containerRuntime } from '../containers/container-runtime.ts';
import { connectSwarm } from './connect-swarm.ts';

/**
 * Connects to the swarm that the user's engine manages. Its networks are those of containers, on an engine that stands for all
 * hosts.
 * @throws DevnetError as `connectEngine`; `engine_missing` where the engine is no manager
 */
export async function connectSwarmRuntime(): Promise<Runtime> {
  const runtime = containerRuntime(await connectSwarm(await connectEngine()));
  return { ...runtime, find: async (name) => (await runtime.find(name)).filter((one) => one.runtime === 'swarm') };
}
