import { randomUUID } from 'node:crypto';
import { isLocalAddress, openDialer } from '../../src/controller/peers/container-dialer.ts';
import { createTunnelContainer } from '../../src/controller/peers/tunnel-container.ts';
import { removeContainer } from '../../src/engine/containers.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { EngineNetwork } from '../../src/engine/networks.ts';
import type { Dialer } from '../../src/network/dialer.ts';

/** Returns whether this process cannot reach the engine's networks, so that it needs the tunnel. */
export async function isNetworkUnreachable(engine: Engine): Promise<boolean> {
  const { IPAM } = await engine.docker.getNetwork('bridge').inspect();
  return !(await isLocalAddress(IPAM?.Config?.[0]?.Gateway as string));
}

/**
 * Gives `use` a dialer into an engine network that devnet did not create, as devnet itself would dial: through a tunnel
 * container where it has to.
 * @param name for the labels of the tunnel container
 */
export async function withDialer<T>(
  engine: Engine,
  name: string,
  network: EngineNetwork,
  use: (dialer: Dialer) => Promise<T>,
): Promise<T> {
  const tunnelId = (await isLocalAddress(network.gateway))
    ? undefined
    : await createTunnelContainer(engine, name, randomUUID(), network);
  try {
    const dialer = await openDialer(engine, network, tunnelId);
    try {
      return await use(dialer);
    } finally {
      dialer.close();
    }
  } finally {
    if (tunnelId !== undefined) await removeContainer(engine, tunnelId);
  }
}
