import { formatList } from '../../shared/text.ts';
import type { Link } from '../../topology/model/topology.ts';
import type { NodeReport } from './node-report.ts';

/** Differences of the actual graph from the declared one. */
export interface Drift {
  /** Declared links that the dialing node does not list. */
  missing: Link[];
  /** Declared links that the dialing node lists, and that are not connected. */
  broken: Link[];
  /** Links that are not declared; `to` is an address where no node of the network has it. */
  extra: Link[];
  /** Declared links of nodes that answer neither get_status nor get_peers. */
  unknown: Link[];
  /** Declared links that the dialing node lists without saying whether they are connected: no difference, and no proof. */
  listed: Link[];
  /** Nodes that do not run or cannot be reached. Their links are not listed above. */
  down: string[];
}

/**
 * Compares what nodes report with the declared links.
 * @param names of the nodes, by `host:port`
 * @param reports of the nodes whose links are compared
 */
export function findDrift(
  links: readonly Link[],
  names: ReadonlyMap<string, string>,
  reports: readonly NodeReport[],
): Drift {
  const declared = new Map<string, Set<string>>();
  for (const { from, to } of links) declared.set(from, (declared.get(from) ?? new Set()).add(to));

  const drift: Drift = { missing: [], broken: [], extra: [], unknown: [], listed: [], down: [] };
  for (const { node, source: by, peers } of reports) {
    const wanted = [...(declared.get(node) ?? [])];
    if (by === 'down') {
      drift.down.push(node);
      continue;
    }
    if (by === 'none') {
      drift.unknown.push(...wanted.map((to) => ({ from: node, to })));
      continue;
    }
    const actual = new Map(peers.map((peer) => [names.get(peer.address) ?? peer.address, peer]));
    for (const to of wanted) {
      const peer = actual.get(to);
      if (!peer) drift.missing.push({ from: node, to });
      else if (peer.connected === false) drift.broken.push({ from: node, to });
      else if (peer.connected === undefined) drift.listed.push({ from: node, to });
      actual.delete(to);
    }
    drift.extra.push(...[...actual.keys()].map((to) => ({ from: node, to })));
  }
  return drift;
}

export const NO_DRIFT: Drift = { missing: [], broken: [], extra: [], unknown: [], listed: [], down: [] };

/** Puts the differences of several nodes into one. */
export function mergeDrifts(drifts: readonly Drift[]): Drift {
  return {
    missing: drifts.flatMap(({ missing }) => missing),
    broken: drifts.flatMap(({ broken }) => broken),
    extra: drifts.flatMap(({ extra }) => extra),
    unknown: drifts.flatMap(({ unknown }) => unknown),
    listed: drifts.flatMap(({ listed }) => listed),
    down: drifts.flatMap(({ down }) => down),
  };
}

/** Returns whether the graphs are equal, as far as nodes can tell: `unknown` and `listed` links do not count. */
export function hasNoDrift({ missing, broken, extra, down }: Drift): boolean {
  return missing.length + broken.length + extra.length + down.length === 0;
}

/** Formats one line per kind of difference; long lists are cut: `missing: n1 -> n2, n1 -> n3 and 7 more`. */
export function describeDrift(drift: Drift): string[] {
  const links = (list: readonly Link[]) => list.map(({ from, to }) => `${from} -> ${to}`);
  const lines: [string, string[]][] = [
    ['down', drift.down],
    ['missing', links(drift.missing)],
    ['not connected', links(drift.broken)],
    ['not declared', links(drift.extra)],
    ['not verifiable', links(drift.unknown)],
    ['listed only', links(drift.listed)],
  ];
  return lines.filter(([, items]) => items.length > 0).map(([kind, items]) => `${kind}: ${formatList(items)}`);
}
