import type { Limits } from '../../protocol/index.ts';

/** What is known of a connection when its end is decided. Times are milliseconds of one clock. */
export interface ConnectionTimestamps {
  /** It lasts: this node dialed it, or the other end said hello. */
  isLink: boolean;
  openedAt: number;
  /** Last byte in. */
  lastByteAt: number;
  /** Last message (or refused one) in. */
  lastMessageAt?: number | undefined;
  /** Last reply out. */
  lastReplyAt?: number | undefined;
  /** First byte of a message that is not complete. */
  incompleteSince?: number | undefined;
  /** Since when this node does not read because its replies are not taken. */
  blockedSince?: number | undefined;
  /** This node does not read because too much came: of this connection, or of all together. */
  throttled: boolean;
  /** This node has said its last word; it may still be on its way. */
  endingSince?: number | undefined;
  /** The last word has left. */
  flushedAt?: number | undefined;
}

/** Why a connection is over. */
export type CloseReason = 'ended' | 'unread' | 'unfinished' | 'silent' | 'served' | 'dead';

/** When a connection is over as things stand, and why; Infinity when something else has to happen first. */
export function connectionDeadline(facts: ConnectionTimestamps, limits: Limits): { at: number; verdict: CloseReason } {
  if (facts.flushedAt !== undefined) return { at: facts.flushedAt + limits.closeDelayMs, verdict: 'ended' };
  const unreadSince = facts.blockedSince ?? facts.endingSince;
  if (unreadSince !== undefined) return { at: unreadSince + limits.idleTimeoutMs, verdict: 'unread' };
  // What is slow by this node's own doing is not held against the other end.
  if (facts.throttled) return { at: Number.POSITIVE_INFINITY, verdict: 'silent' };
  if (facts.incompleteSince !== undefined)
    return { at: facts.incompleteSince + limits.messageTimeoutMs, verdict: 'unfinished' };
  if (facts.isLink) return { at: facts.lastByteAt + limits.deadAfterMs, verdict: 'dead' };
  const { lastMessageAt: servedAt = facts.openedAt, lastReplyAt: repliedAt } = facts;
  if (repliedAt === undefined) return { at: servedAt + limits.idleTimeoutMs, verdict: 'silent' };
  return { at: Math.max(servedAt, repliedAt) + limits.closeDelayMs, verdict: 'served' };
}
