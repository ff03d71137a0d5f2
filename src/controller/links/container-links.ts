import type { ClientServer } from '../../agents/netem/state/shaping-plan.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import type { Link } from '../../topology/model/topology.ts';
import { withNodes } from '../peers/container-dialer.ts';
import { addressLookup, type NetworkState } from '../state/network-state.ts';
import type { LinkAccess } from './link-access.ts';
import { declaredLinkStateOf } from './link-state.ts';
import { openLinkAgent } from './open-link-agent.ts';
import { reconnectLinks } from './update-link-state.ts';

/** Returns access to the link state of a network of containers, whose agent runs in a container too. */
export function containerLinks(engine: Engine, devnet: NetworkState): LinkAccess {
  return {
    run: devnet.run,
    declared: () => declaredLinkStateOf(devnet),
    addressOf: addressLookup(devnet),
    openAgent: () => openLinkAgent(engine, devnet),
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
