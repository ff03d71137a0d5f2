import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openDialer } from '../../src/controller/peers/container-dialer.ts';
import type { Engine } from '../../src/engine/connection/engine.ts';
import { listContainers, removeContainer } from '../../src/engine/containers.ts';
import type { EngineNetwork } from '../../src/engine/networks.ts';
import type { Dialer } from '../../src/network/dialer.ts';

/** Returns whether this process can reach nothing beyond this machine: it has no default route, as in a network namespace. */
export function isOffline(): boolean {
  return !/^\S+\t0{8}\t\S+\t\S+\t\S+\t\S+\t\S+\t0{8}\t/m.test(readFileSync('/proc/net/route', 'utf8'));
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
  const run = randomUUID();
  const dialer = await openDialer(engine, { name, run, network });
  try {
    return await use(dialer);
  } finally {
    dialer.close();
    for (const { id } of await listContainers(engine, `devnet.run=${run}`)) await removeContainer(engine, id);
  }
}
