import { randomUUID } from 'node:crypto';
import { makeRelay } from '../../src/devnet/relay.ts';
import { isOwnAddress, openRoute, type Route } from '../../src/devnet/route.ts';
import { removeContainer } from '../../src/engine/containers.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { Network } from '../../src/engine/networks.ts';

/** Whether this process is elsewhere than the engine's networks, so that it reaches nodes through relays only. */
export async function isAway(engine: Engine): Promise<boolean> {
  const { IPAM } = await engine.docker.getNetwork('bridge').inspect();
  return !(await isOwnAddress(IPAM?.Config?.[0]?.Gateway as string));
}

/**
 * The way to the nodes of a network that is no devnet's, for as long as `use` takes: as devnet itself would go, through a
 * relay where it must.
 * @param name that the relay is known by
 */
export async function withRoute<T>(
  engine: Engine,
  name: string,
  network: Network,
  use: (route: Route) => Promise<T>,
): Promise<T> {
  const relayId = (await isOwnAddress(network.gateway))
    ? undefined
    : await makeRelay(engine, name, randomUUID(), network);
  try {
    const route = await openRoute(engine, network, relayId);
    try {
      return await use(route);
    } finally {
      route.close();
    }
  } finally {
    if (relayId !== undefined) await removeContainer(engine, relayId);
  }
}
