import type { Limits } from '../../protocol/index.ts';

/** State of a connection that decides when it ends. Times are milliseconds of one clock. */
export interface ConnectionTimestamps {
  /** This node dialed it, or the other end said hello: it lasts. */
  isLink: boolean;
  openedAt: number;
  /** Last byte received. */
  lastByteAt: number;
  /** Last message received, refused ones included. */
  lastMessageAt?: number | undefined;
  /** Last reply sent. */
  lastReplyAt?: number | undefined;
  /** First byte of the message that is incomplete. */
  incompleteSince?: number | undefined;
  /** This node has not been reading since, as its replies are not read. */
  blockedSince?: number | undefined;
  /** This node is not reading, as too much came on this connection or on all together. */
  throttled: boolean;
  /** This node has ended its half; its last bytes may still be on their way. */
  endingSince?: number | undefined;
  /** The last bytes have left. */
  flushedAt?: number | undefined;
}

/** Reason that a connection ended; logged. */
export type CloseReason = 'ended' | 'unread' | 'unfinished' | 'silent' | 'served' | 'dead';

/** Returns when a connection ends if nothing else happens, and why; Infinity while this node is not reading. */
export function connectionDeadline(
  timestamps: ConnectionTimestamps,
  limits: Limits,
): { at: number; reason: CloseReason } {
  const { flushedAt, blockedSince, endingSince, throttled, incompleteSince, isLink, lastByteAt } = timestamps;
  if (flushedAt !== undefined) return { at: flushedAt + limits.closeDelayMs, reason: 'ended' };
  const unreadSince = blockedSince ?? endingSince;
  if (unreadSince !== undefined) return { at: unreadSince + limits.idleTimeoutMs, reason: 'unread' };
  // The other end is not to blame for what this node delays itself.
  if (throttled) return { at: Number.POSITIVE_INFINITY, reason: 'silent' };
  if (incompleteSince !== undefined) return { at: incompleteSince + limits.messageTimeoutMs, reason: 'unfinished' };
  if (isLink) return { at: lastByteAt + limits.deadAfterMs, reason: 'dead' };
  const { lastMessageAt = timestamps.openedAt, lastReplyAt } = timestamps;
  if (lastReplyAt === undefined) return { at: lastMessageAt + limits.idleTimeoutMs, reason: 'silent' };
  return { at: Math.max(lastMessageAt, lastReplyAt) + limits.closeDelayMs, reason: 'served' };
}
