import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import type { Link } from '../../topology/model/topology.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { findNodeContainer, type NetworkState } from '../state/network-state.ts';
import type { LinkAccess } from './link-access.ts';
import { declaredLinkStateOf } from './link-state.ts';
import { applyLinkState } from './netem-agent.ts';
import { ensureNetemAgent } from './netem-container.ts';
import { reconnectLinks } from './update-link-state.ts';

/** Returns access to the link state of a network of containers, whose agent runs in a container too. */
export function containerLinks(engine: Engine, devnet: NetworkState): LinkAccess {
  return {
    run: devnet.run,
    declared: () => declaredLinkStateOf(devnet),
    addressOf: (node) => findNodeContainer(devnet, node).address,
    async openAgent() {
      const { id, current } = await ensureNetemAgent(engine, devnet);
      devnet.netemId = id;
      return { current, apply: (state, revision) => applyLinkState(engine, id, state, revision) };
    },
    reconnect: (pairs) => reconnectContainerLinks(engine, devnet, devnet.topology?.links ?? [], pairs),
  };
}

/** As {@link reconnectLinks}, for nodes in containers. */
export async function reconnectContainerLinks(
  engine: Engine,
  state: NetworkState,
  links: readonly Link[],
  pairs: readonly ClientServer[],
): Promise<void> {
  await withNodes(engine, state, (network) => reconnectLinks(network, links, pairs));
}
