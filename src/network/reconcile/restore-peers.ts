import { groupBy } from '../../shared/group-by.ts';
import { hasNoDrift } from '../links/drift.ts';
import type { RunningNetwork, StartNodeOptions } from '../running-network.ts';
import { linkChanges } from './link-changes.ts';
import { DEFAULT_TIMEOUT_MS, LinkReconciler } from './link-reconciler.ts';

/**
 * Waits until nodes that were started listen, and gives them back their peers, which they forgot when they ended. Other nodes
 * dial them again by themselves.
 * @returns the nodes that do not listen, or do not list their peers, before `timeoutMs` passes without progress of any of them
 * @throws what keeps one of them from it, once the others have theirs
 */
export async function restorePeers(
  network: Pick<RunningNetwork, 'dialer' | 'addresses' | 'topology'>,
  nodes: readonly string[],
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: StartNodeOptions = {},
): Promise<string[]> {
  // One that is missing is no peer to anybody until `up` has made it.
  const links = network.topology.links.filter(({ to }) => network.addresses.has(to));
  const reconciler = new LinkReconciler({ network, links, signal });
  const linksFrom = groupBy(links, ({ from }) => from);
  const restore = async (node: string): Promise<string[]> => {
    if (!(await reconciler.waitUntilListening(node, timeoutMs))) return [node];
    await reconciler.apply(node, linkChanges([], linksFrom.get(node)), timeoutMs);
    const { drift } = await reconciler.converge(node, { timeoutMs, until: 'listed' });
    return hasNoDrift(drift) ? [] : [node];
  };
  try {
    const results = await Promise.allSettled(nodes.map(restore));
    return results.flatMap((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
  } finally {
    reconciler.close();
  }
}
