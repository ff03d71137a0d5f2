import type { Limits } from '../../protocol/index.ts';

/** An open inbound connection, as far as making room is concerned. */
export interface InboundInfo {
  /** Address it came from. */
  readonly host: string;
  /** It said hello: a link of another node, which is not ended for a newcomer. */
  readonly isLink: boolean;
  /** When its last byte came. */
  readonly lastByteAt: number;
}

/** What to do with a new inbound connection: take it, ending another one for it where given, or refuse it. */
export type Admission<T> = { accept: true; evict?: T } | { accept: false; reason: string };

/**
 * Decides about a connection from `host`. Where a limit is reached, the one among those it counts that has been quiet
 * for longest makes room: idle connections cannot lock anybody out, least of all whoever shares their address.
 * `unlimited` addresses (admins) have no limit of their own.
 */
export function admit<T extends InboundInfo>(
  host: string,
  open: ReadonlySet<T>,
  limits: Pick<Limits, 'maxInbound' | 'maxInboundPerAddress'>,
  unlimited: boolean,
): Admission<T> {
  let same = 0;
  let quietest: T | undefined;
  let quietestSame: T | undefined;
  for (const guest of open) {
    if (!guest.isLink) quietest = quieterOf(quietest, guest);
    if (guest.host !== host) continue;
    same++;
    if (!guest.isLink) quietestSame = quieterOf(quietestSame, guest);
  }
  if (!unlimited && same >= limits.maxInboundPerAddress) {
    return quietestSame === undefined
      ? { accept: false, reason: `${limits.maxInboundPerAddress} connections from ${host} are open` }
      : { accept: true, evict: quietestSame };
  }
  if (open.size >= limits.maxInbound) {
    return quietest === undefined
      ? { accept: false, reason: `${limits.maxInbound} connections are open` }
      : { accept: true, evict: quietest };
  }
  return { accept: true };
}

function quieterOf<T extends InboundInfo>(a: T | undefined, b: T): T {
  return a === undefined || b.lastByteAt < a.lastByteAt ? b : a;
}
