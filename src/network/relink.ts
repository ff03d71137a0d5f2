import type { Link } from '../topology/model/topology.ts';
import { reconcileLinks } from './link-reconciler.ts';
import type { RelinkOptions, RunningNetwork } from './running-network.ts';

/**
 * Declares other links, and changes the peers of the nodes until they equal them. If that fails, the declared links stay as they
 * were.
 * @throws DevnetError `not_verified` with the remaining differences; what `declareLinks` throws
 */
export async function relink(
  network: RunningNetwork,
  links: readonly Link[],
  { timeoutMs, signal, conditions }: RelinkOptions,
): Promise<void> {
  // The process that runs the nodes dials them itself.
  if (network.relink) return network.relink(links, { timeoutMs, signal, conditions });
  await network.declareLinks(
    links,
    (nodes) => reconcileLinks(network, links, { timeoutMs, signal, nodes }),
    conditions,
  );
}
