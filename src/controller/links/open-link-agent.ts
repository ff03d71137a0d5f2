import type { Engine } from '../../engine/connection/engine.ts';
import type { LinkAgent, LinkedNetwork } from './link-access.ts';
import { applyLinkState, readAgentReport } from './netem-agent.ts';
import { ensureNetemAgent } from './netem-container.ts';
import { openSwarmLinkAgent, readSwarmReport } from './swarm-link-agent.ts';

/**
 * Returns the netem agent of a network once it answers, which is started where there is none; in a swarm, one that stands for
 * those of all hosts.
 * @throws DevnetError `links_failed`, `no_such_devnet`
 */
export async function openLinkAgent(engine: Engine, network: LinkedNetwork): Promise<LinkAgent> {
  if (engine.hosts) return openSwarmLinkAgent(engine, network);
  const { id, current } = await ensureNetemAgent(engine, network);
  network.netemId = id;
  return { current, apply: (state, revision) => applyLinkState(engine, id, state, revision) };
}

/** Returns the agent's report: its link state, and its rules and queues in the kernel; in a swarm, those of all hosts by name. */
export async function readLinkReport(engine: Engine, network: LinkedNetwork): Promise<object> {
  if (engine.hosts) return readSwarmReport(engine, network);
  return readAgentReport(engine, (await ensureNetemAgent(engine, network)).id);
}
