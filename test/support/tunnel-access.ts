import { randomUUID } from 'node:crypto';
import { isLocalAddress, openDialer } from '../../src/controller/peers/dialer.ts';
import { createTunnelContainer } from '../../src/controller/peers/tunnel-container.ts';
import { removeContainer } from '../../src/engine/containers.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { EngineNetwork } from '../../src/engine/networks.ts';
import type { Dialer } from '../../src/network/dialer.ts';

/** Whether this process is elsewhere than the engine's networks, so that it reaches nodes through relays only. */
export async function isNetworkUnreachable(engine: Engine): Promise<boolean> {
  const { IPAM } = await engine.docker.getNetwork('bridge').inspect();
  return !(await isLocalAddress(IPAM?.Config?.[0]?.Gateway as string));
}

/**
 * The way to the nodes of a network that is no devnet's, for as long as `use` takes: as devnet itself would go, through a
 * relay where it must.
 * @param name that the relay is known by
 */
export async function withDialer<T>(
  engine: Engine,
  name: string,
  network: EngineNetwork,
  use: (route: Dialer) => Promise<T>,
): Promise<T> {
  const relayId = (await isLocalAddress(network.gateway))
    ? undefined
    : await createTunnelContainer(engine, name, randomUUID(), network);
  try {
    const route = await openDialer(engine, network, relayId);
    try {
      return await use(route);
    } finally {
      route.close();
    }
  } finally {
    if (relayId !== undefined) await removeContainer(engine, relayId);
  }
}
