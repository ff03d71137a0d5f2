import { expect, test } from 'vitest';
import { type ConnectionTimestamps, connectionDeadline } from '../../../src/node/limits/connection-deadline.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/index.ts';

const opened = { isLink: false, openedAt: 0, lastByteAt: 0, throttled: false };

test.each<[string, Partial<ConnectionTimestamps>, number, string]>([
  ['a client that sends nothing', {}, 30_000, 'silent'],
  ['a client that gets no reply', { lastByteAt: 5_000, lastMessageAt: 5_000 }, 35_000, 'silent'],
  ['a client that got its reply', { lastMessageAt: 5_000, lastReplyAt: 5_000 }, 6_000, 'served'],
  ['a client that sent more since', { lastMessageAt: 5_500, lastReplyAt: 5_000 }, 6_500, 'served'],
  ['a client in the middle of a message', { lastByteAt: 9_000, incompleteSince: 2_000 }, 12_000, 'unfinished'],
  [
    'a client that got a reply, in the middle of another message',
    { lastReplyAt: 1, lastMessageAt: 1, incompleteSince: 2 },
    10_002,
    'unfinished',
  ],
  ['a link', { isLink: true, lastByteAt: 7_000, lastReplyAt: 1, lastMessageAt: 1 }, 97_000, 'dead'],
  [
    'a link in the middle of a message',
    { isLink: true, lastByteAt: 7_000, incompleteSince: 7_000 },
    17_000,
    'unfinished',
  ],
  ['a client that does not read', { blockedSince: 3_000, incompleteSince: 1, lastReplyAt: 1 }, 33_000, 'unread'],
  [
    'a client that is throttled',
    { throttled: true, incompleteSince: 1, lastReplyAt: 1 },
    Number.POSITIVE_INFINITY,
    'silent',
  ],
  ['a connection that is closing', { endingSince: 4_000, incompleteSince: 1 }, 34_000, 'unread'],
  ['a connection whose last bytes have left', { endingSince: 4_000, flushedAt: 4_100 }, 5_100, 'ended'],
])('closes %s', (_, timestamps, at, reason) => {
  expect(connectionDeadline({ ...opened, ...timestamps }, DEFAULT_LIMITS)).toEqual({ at, reason });
});
