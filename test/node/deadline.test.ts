import { expect, test } from 'vitest';
import { deadline, type Facts } from '../../src/node/deadline.ts';
import { DEFAULT_LIMITS } from '../../src/protocol/index.ts';

const opened = { lasting: false, openedAt: 0, heardAt: 0, throttled: false };

test.each<[string, Partial<Facts>, number, string]>([
  ['a client that says nothing', {}, 30_000, 'silent'],
  ['one that asks for nothing', { heardAt: 5_000, servedAt: 5_000 }, 35_000, 'silent'],
  ['one that was answered', { servedAt: 5_000, repliedAt: 5_000 }, 6_000, 'served'],
  ['one that said more since', { servedAt: 5_500, repliedAt: 5_000 }, 6_500, 'served'],
  ['one in the middle of a message', { heardAt: 9_000, unfinishedAt: 2_000 }, 12_000, 'unfinished'],
  ['one answered, in the middle of another', { repliedAt: 1, servedAt: 1, unfinishedAt: 2 }, 10_002, 'unfinished'],
  ['a link', { lasting: true, heardAt: 7_000, repliedAt: 1, servedAt: 1 }, 97_000, 'dead'],
  ['a link in the middle of a message', { lasting: true, heardAt: 7_000, unfinishedAt: 7_000 }, 17_000, 'unfinished'],
  ['one that does not read', { blockedAt: 3_000, unfinishedAt: 1, repliedAt: 1 }, 33_000, 'unread'],
  ['one that is read slowly', { throttled: true, unfinishedAt: 1, repliedAt: 1 }, Number.POSITIVE_INFINITY, 'silent'],
  ['one whose last word is on its way', { endingAt: 4_000, unfinishedAt: 1 }, 34_000, 'unread'],
  ['one whose last word has left', { endingAt: 4_000, endedAt: 4_100 }, 5_100, 'ended'],
])('%s', (_, facts, at, verdict) => {
  expect(deadline({ ...opened, ...facts }, DEFAULT_LIMITS)).toEqual({ at, verdict });
});
