import { expect, test } from 'vitest';
import { type ConnectionTimestamps, connectionDeadline } from '../../../src/node/limits/connection-deadline.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/index.ts';

const opened = { isLink: false, openedAt: 0, lastByteAt: 0, throttled: false };

test.each<[string, Partial<ConnectionTimestamps>, number, string]>([
  ['a client that says nothing', {}, 30_000, 'silent'],
  ['one that asks for nothing', { lastByteAt: 5_000, lastMessageAt: 5_000 }, 35_000, 'silent'],
  ['one that was answered', { lastMessageAt: 5_000, lastReplyAt: 5_000 }, 6_000, 'served'],
  ['one that said more since', { lastMessageAt: 5_500, lastReplyAt: 5_000 }, 6_500, 'served'],
  ['one in the middle of a message', { lastByteAt: 9_000, incompleteSince: 2_000 }, 12_000, 'unfinished'],
  [
    'one answered, in the middle of another',
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
  ['one that does not read', { blockedSince: 3_000, incompleteSince: 1, lastReplyAt: 1 }, 33_000, 'unread'],
  [
    'one that is read slowly',
    { throttled: true, incompleteSince: 1, lastReplyAt: 1 },
    Number.POSITIVE_INFINITY,
    'silent',
  ],
  ['one whose last word is on its way', { endingSince: 4_000, incompleteSince: 1 }, 34_000, 'unread'],
  ['one whose last word has left', { endingSince: 4_000, flushedAt: 4_100 }, 5_100, 'ended'],
])('%s', (_, timestamps, at, reason) => {
  expect(connectionDeadline({ ...opened, ...timestamps }, DEFAULT_LIMITS)).toEqual({ at, reason });
});
