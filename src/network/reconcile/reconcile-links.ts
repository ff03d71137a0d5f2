import { groupBy } from '../../shared/group-by.ts';
import { raceSignal } from '../../shared/time/race-signal.ts';
import type { Link } from '../../topology/model/topology.ts';
import { hasNoDrift, mergeDrifts } from '../links/drift.ts';
import { findStaleLinks } from '../links/stale-links.ts';
import { namesByAddress } from '../node-names.ts';
import type { RelinkOptions, RunningNetwork, RunningNode } from '../running-network.ts';
import { linkChanges } from './link-changes.ts';
import { LinkReconciler } from './link-reconciler.ts';
import { notVerifiedError } from './not-verified-error.ts';

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

/**
 * Changes the peers of running nodes until they equal the declared links. Nodes that do not run are left as they are, and
 * so are links to them once their other end lists them.
 * @param options.nodes as they are now; by default they are looked up
 * @throws DevnetError `not_verified` with the remaining differences
 */
export async function reconcileLinks(
  network: Pick<RunningNetwork, 'dialer' | 'addresses' | 'nodes' | 'topology'>,
  links: readonly Link[],
  { timeoutMs, signal, nodes }: { timeoutMs: number; signal: AbortSignal; nodes?: readonly RunningNode[] },
): Promise<void> {
  const readNodes = () => network.nodes();
  const current = nodes ?? (await readNodes());
  const reconciler = new LinkReconciler({ network, links, nodes: current, readNodes, signal });
  try {
    const before = groupBy(network.topology.links, ({ from }) => from);
    const after = groupBy(links, ({ from }) => from);
    const converge = (node: string) =>
      reconciler.converge(node, { timeoutMs, blindChanges: linkChanges(before.get(node), after.get(node)) });
    const running = current.flatMap(({ name, state }) => (state === 'running' ? [name] : []));
    const results = await raceSignal(Promise.all(running.map(converge)), signal);
    const stale = findStaleLinks(
      results.map(({ report }) => report),
      namesByAddress(network),
    );
    const redialing = results.map(async (result) => {
      const { node } = result.report;
      const peers = stale.get(node);
      if (peers === undefined) return result;
      await reconciler.reconnect(node, peers);
      return converge(node);
    });
    const drift = mergeDrifts((await raceSignal(Promise.all(redialing), signal)).map((result) => result.drift));
    if (hasNoDrift(drift)) return;
    throw notVerifiedError(drift, timeoutMs, '`timeout` waits longer');
  } finally {
    reconciler.close();
  }
}
