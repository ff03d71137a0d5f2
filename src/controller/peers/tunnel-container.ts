import type { Engine } from '../../engine/engine.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import { parseSubnet, type Subnet } from '../../shared/subnet.ts';
import { macAddressOf, tunnelAddress } from '../state/address-plan.ts';
import { labelsFor, tunnelContainerName } from '../state/labels.ts';
import { startIdleContainer } from './idle-container.ts';

/** Returns the tunnel agent's address, which nodes trust as they trust the controller's, even if there is no tunnel. */
export function tunnelAddressOn(network: EngineNetwork): string {
  return tunnelAddress(parseSubnet(network.subnet) as Subnet);
}

/**
 * Starts the container through which a controller on another machine dials the nodes. Each controller executes its own
 * program in it.
 * @returns its id
 * @throws DevnetError `engine_failed`
 */
export function createTunnelContainer(
  engine: Engine,
  devnet: string,
  run: string,
  network: EngineNetwork,
): Promise<string> {
  const address = tunnelAddressOn(network);
  return startIdleContainer(engine, 'the tunnel', {
    name: tunnelContainerName(devnet),
    hostname: 'relay',
    labels: labelsFor(devnet, run, 'relay'),
    network: { id: network.id, address, mac: macAddressOf(address), aliases: [] },
  });
}
