import { createContainer, startContainer } from '../engine/containers.ts';
import type { Engine } from '../engine/engine.ts';
import type { Network } from '../engine/networks.ts';
import { ensureNodeImage } from '../engine/node-image.ts';
import { labelsFor, relayName } from './labels.ts';
import { macOf, parseSubnet, relayAddress, type Subnet } from './subnet.ts';

/** The address that a relay has on a network, whether one is made or not: nodes trust it as they trust the controller. */
export function relayAddressOn(network: Network): string {
  return relayAddress(parseSubnet(network.subnet) as Subnet);
}

/**
 * Makes and starts the container through which a controller elsewhere reaches the nodes. It only waits: each controller
 * starts its own program in it.
 * @returns its id
 */
export async function makeRelay(engine: Engine, devnet: string, run: string, network: Network): Promise<string> {
  const image = await ensureNodeImage(engine);
  const address = relayAddressOn(network);
  const id = await createContainer(engine, {
    name: relayName(devnet),
    image: image.reference,
    entrypoint: ['node', '-e', 'setInterval(() => {}, 2 ** 30)'],
    hostname: 'relay',
    env: {},
    labels: labelsFor(devnet, run, 'relay'),
    network: { id: network.id, address, mac: macOf(address), aliases: [] },
    memory: 256 * 1024 * 1024,
    pids: 256,
    user: '1000:1000',
    writable: false,
    capabilities: [],
  });
  await startContainer(engine, id, 'the relay');
  return id;
}
