import { randomUUID } from 'node:crypto';
import type { Engine } from '../../engine/connection/engine.ts';
import { readEngineFeatures } from '../../engine/connection/engine-features.ts';
import { createContainer, removeContainer, startAttachedContainer } from '../../engine/containers.ts';
import { ensureNetemImage, hasNetemImage } from '../../engine/images/netem-image.ts';
import { formatList } from '../../shared/text.ts';
import { LABEL } from '../state/labels.ts';
import { sweepRules } from './netem-agent.ts';
import { ensureNetemAgent, type NetemNetwork } from './netem-container.ts';

// Rules in the kernel outlive a netem agent that is removed by hand. They go by addresses, so they cut, and shape, the next network
// on the same subnet. Only an agent sees them.

/**
 * Removes the rules that lie in a network's way and have no agent: its own, and those of networks whose bridge is gone. Starts the
 * network's agent for that, which removes its own before anybody can add others.
 * @returns the names of the networks whose rules were removed
 * @throws DevnetError `links_failed`, …
 */
export async function removeRulesInWay(engine: Engine, network: NetemNetwork): Promise<string[]> {
  if (!(await canHaveRules(engine))) return [];
  const { id, current } = await ensureNetemAgent(engine, network);
  const hadOwn = network.netemId === undefined && current.hadLeftovers === true;
  return [...(hadOwn ? [network.name] : []), ...(await sweepRules(engine, id))];
}

/**
 * Removes the rules of all networks whose bridge is gone, by an agent of no network that ends at once.
 * @returns the names of these networks
 * @throws DevnetError `engine_failed`, …
 */
export async function removeStaleRules(engine: Engine): Promise<string[]> {
  if (!(await canHaveRules(engine))) return [];
  const name = `devnet..sweep.${randomUUID()}`;
  const id = await createContainer(engine, {
    name,
    image: await ensureNetemImage(engine),
    command: ['sweep'],
    hostname: 'sweep',
    env: {},
    labels: { [LABEL.role]: 'links' },
    network: 'host',
    memory: 256 * 1024 * 1024,
    pidsLimit: 256,
    user: '0:0',
    writable: false,
    capabilities: ['NET_ADMIN'],
    attached: true,
  });
  try {
    const { output } = await startAttachedContainer(engine, id, name, '}\n');
    return (JSON.parse(output.slice(output.indexOf('{'))) as { devnets: string[] }).devnets;
  } finally {
    await removeContainer(engine, id);
  }
}

/** Says whose rules were removed. */
export function describeRemovedRules(devnets: readonly string[]): string {
  return `removed link rules that were left in the kernel without their netem agent, of: ${formatList(devnets)}`;
}

/** Returns whether an engine has ever had an agent, in the network of its machine. In a swarm, rules go with the network's namespace. */
async function canHaveRules(engine: Engine): Promise<boolean> {
  if (engine.hosts || !(await hasNetemImage(engine))) return false;
  return (await readEngineFeatures(engine)).hostBridges;
}
