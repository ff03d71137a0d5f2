import { groupBy } from '../../shared/group-by.ts';
import type { Link } from '../../topology/model/topology.ts';
import type { NodeReport } from './node-report.ts';

/** Times in reports are rounded to milliseconds. */
const ROUNDING_MS = 1;

/**
 * Finds connections whose other end is gone: they are older than the process of the node that they lead to. A node that died
 * while its packets were cut off left its peers with such connections, which they take for live ones until a ping fails.
 * @param names of the nodes, by `host:port`
 * @returns the nodes to dial anew, by the node that dials
 */
export function findStaleLinks(
  reports: readonly NodeReport[],
  names: ReadonlyMap<string, string>,
): Map<string, string[]> {
  const starts = new Map(reports.map(({ node, startedAt }) => [node, startedAt]));
  const links = reports.flatMap(({ node, peers }) =>
    peers.flatMap(({ address, connected, connectedAt }): Link[] => {
      const to = names.get(address) ?? '';
      const startedAt = starts.get(to);
      if (!connected || connectedAt === undefined || startedAt === undefined) return [];
      return connectedAt + ROUNDING_MS < startedAt ? [{ from: node, to }] : [];
    }),
  );
  return new Map([...groupBy(links, ({ from }) => from)].map(([from, own]) => [from, own.map(({ to }) => to)]));
}

/** Returns reports in which stale links are not connected, whatever the node that dialed them believes. */
export function disconnectStaleLinks(reports: readonly NodeReport[], names: ReadonlyMap<string, string>): NodeReport[] {
  const stale = findStaleLinks(reports, names);
  return reports.map((report) => {
    const ends = stale.get(report.node);
    if (ends === undefined) return report;
    const isStale = (address: string) => ends.includes(names.get(address) ?? '');
    const peers = report.peers.map((peer) => (isStale(peer.address) ? { ...peer, connected: false } : peer));
    return { ...report, peers };
  });
}
