import type { Limits } from '../../protocol/index.ts';

/** An open inbound connection. */
export interface InboundInfo {
  /** Address it came from. */
  readonly host: string;
  /** It said hello: a link of another node, which is never evicted. */
  readonly isLink: boolean;
  /** Time of its last byte. */
  readonly lastByteAt: number;
}

/** Decision about a new inbound connection: accept it, evicting another one where given, or refuse it. */
export type Admission<T> = { accept: true; evict?: T } | { accept: false; reason: string };

/**
 * Decides about a connection from `host`. Where a limit is reached, the connection under that limit that has been quiet
 * the longest is evicted, so idle connections can lock nobody out, least of all those that share their address.
 *
 * @param isAdmin exempts the address from the limit for each address
 */
export function admit<T extends InboundInfo>(
  host: string,
  open: ReadonlySet<T>,
  { maxInbound, maxInboundPerAddress }: Pick<Limits, 'maxInbound' | 'maxInboundPerAddress'>,
  isAdmin: boolean,
): Admission<T> {
  const sameHost = [...open].filter((connection) => connection.host === host);
  if (!isAdmin && sameHost.length >= maxInboundPerAddress) {
    return evictQuietest(sameHost, `${maxInboundPerAddress} connections from ${host} are open`);
  }
  if (open.size >= maxInbound) return evictQuietest([...open], `${maxInbound} connections are open`);
  return { accept: true };
}

function evictQuietest<T extends InboundInfo>(connections: readonly T[], reason: string): Admission<T> {
  const [first, ...others] = connections.filter(({ isLink }) => !isLink);
  if (first === undefined) return { accept: false, reason };
  return { accept: true, evict: others.reduce((a, b) => (b.lastByteAt < a.lastByteAt ? b : a), first) };
}
