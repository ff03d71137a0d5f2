import { createContainer, startContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { ensureNodeImage } from '../../engine/images/node-image.ts';
import type { EngineNetwork } from '../../engine/networks.ts';
import { parseSubnet, type Subnet } from '../../shared/subnet.ts';
import { labelsFor, tunnelContainerName } from '../state/labels.ts';
import { macAddressOf, tunnelAddress } from '../state/subnet.ts';

/** Returns the address of a network's tunnel container, whether there is one or not: nodes trust it as they do the controller. */
export function tunnelAddressOn(network: EngineNetwork): string {
  return tunnelAddress(parseSubnet(network.subnet) as Subnet);
}

/**
 * Starts the container through which a controller on another machine reaches the nodes. The container itself only waits; each
 * controller starts a program of its own in it.
 * @returns the container's id
 */
export async function createTunnelContainer(
  engine: Engine,
  devnet: string,
  run: string,
  network: EngineNetwork,
): Promise<string> {
  const image = await ensureNodeImage(engine);
  const address = tunnelAddressOn(network);
  const id = await createContainer(engine, {
    name: tunnelContainerName(devnet),
    image: image.reference,
    entrypoint: ['node', '-e', 'setInterval(() => {}, 2 ** 30)'],
    hostname: 'relay',
    env: {},
    labels: labelsFor(devnet, run, 'relay'),
    network: { id: network.id, address, mac: macAddressOf(address), aliases: [] },
    memory: 256 * 1024 * 1024,
    pidsLimit: 256,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  await startContainer(engine, id, 'the relay');
  return id;
}
