import type { Limits } from '../protocol/index.ts';

/** What is known of a connection when its end is decided. Times are milliseconds of one clock. */
export interface Facts {
  /** It lasts: this node dialed it, or the other end said hello. */
  lasting: boolean;
  openedAt: number;
  /** Last byte in. */
  heardAt: number;
  /** Last message (or refused one) in. */
  servedAt?: number | undefined;
  /** Last reply out. */
  repliedAt?: number | undefined;
  /** First byte of a message that is not complete. */
  unfinishedAt?: number | undefined;
  /** Since when this node does not read because its replies are not taken. */
  blockedAt?: number | undefined;
  /** This node does not read because too much came: of this connection, or of all together. */
  throttled: boolean;
  /** This node has said its last word; it may still be on its way. */
  endingAt?: number | undefined;
  /** The last word has left. */
  endedAt?: number | undefined;
}

/** Why a connection is over. */
export type Verdict = 'ended' | 'unread' | 'unfinished' | 'silent' | 'served' | 'dead';

/** When a connection is over as things stand, and why; Infinity when something else has to happen first. */
export function deadline(facts: Facts, limits: Limits): { at: number; verdict: Verdict } {
  if (facts.endedAt !== undefined) return { at: facts.endedAt + limits.closeDelayMs, verdict: 'ended' };
  const unreadSince = facts.blockedAt ?? facts.endingAt;
  if (unreadSince !== undefined) return { at: unreadSince + limits.idleTimeoutMs, verdict: 'unread' };
  // What is slow by this node's own doing is not held against the other end.
  if (facts.throttled) return { at: Number.POSITIVE_INFINITY, verdict: 'silent' };
  if (facts.unfinishedAt !== undefined)
    return { at: facts.unfinishedAt + limits.messageTimeoutMs, verdict: 'unfinished' };
  if (facts.lasting) return { at: facts.heardAt + limits.deadAfterMs, verdict: 'dead' };
  const { servedAt = facts.openedAt, repliedAt } = facts;
  if (repliedAt === undefined) return { at: servedAt + limits.idleTimeoutMs, verdict: 'silent' };
  return { at: Math.max(servedAt, repliedAt) + limits.closeDelayMs, verdict: 'served' };
}
