import { expect, test } from 'vitest';
import { PendingRequests } from '../../../src/node/gossip/pending-requests.ts';

/** Waits for `a`, announced by `n0` to `n9` in this order. */
function tenAnnouncers() {
  const wanted = new PendingRequests<string>(100, 1_000);
  const asked = Array.from({ length: 10 }, (_, n) => wanted.addAnnouncement('a', `n${n}`, 0));
  return { wanted, asked };
}

test('the first to announce an id is asked, and nobody twice', () => {
  const { wanted, asked } = tenAnnouncers();
  expect(asked.indexOf(true)).toBe(0);
  expect(asked.lastIndexOf(true)).toBe(0);
  expect(wanted.addAnnouncement('a', 'n0', 1)).toBe(false);
  expect(wanted.addAnnouncement('a', 'n5', 1)).toBe(false);
  expect(wanted.announcementCount).toBe(10);
});

test('what does not come is asked of twice as many each time, then given up', () => {
  const { wanted } = tenAnnouncers();
  expect(wanted.nextDueAt).toBe(1_000);
  expect(wanted.takeOverdue(999)).toEqual([]);
  expect(wanted.takeOverdue(1_000)).toEqual([{ id: 'a', targets: ['n1'] }]);
  expect(wanted.nextDueAt).toBe(2_000);
  expect(wanted.takeOverdue(2_000)).toEqual([{ id: 'a', targets: ['n2', 'n3'] }]);
  expect(wanted.takeOverdue(3_000)).toEqual([{ id: 'a', targets: ['n4', 'n5', 'n6', 'n7'] }]);
  expect(wanted.takeOverdue(4_000)).toEqual([{ id: 'a', targets: ['n8', 'n9'] }]);
  expect(wanted.announcementCount).toBe(10);
  expect(wanted.takeOverdue(5_000)).toEqual([{ id: 'a', targets: [] }]);
  expect(wanted.announcementCount).toBe(0);
  expect(wanted.nextDueAt).toBe(Number.POSITIVE_INFINITY);
  // Whoever announces it now is the first again.
  expect(wanted.addAnnouncement('a', 'n0', 6_000)).toBe(true);
});

test('what came is asked of nobody', () => {
  const { wanted } = tenAnnouncers();
  wanted.delete('a');
  wanted.delete('b');
  expect(wanted.announcementCount).toBe(0);
  expect(wanted.takeOverdue(1_000)).toEqual([]);
});

test('ids are due in the order they were asked for last', () => {
  const wanted = new PendingRequests<string>(100, 1_000);
  wanted.addAnnouncement('a', 'n0', 0);
  wanted.addAnnouncement('a', 'n1', 0);
  wanted.addAnnouncement('b', 'n0', 500);
  expect(wanted.takeOverdue(1_000)).toEqual([{ id: 'a', targets: ['n1'] }]);
  expect(wanted.nextDueAt).toBe(1_500);
  expect(wanted.takeOverdue(3_000)).toEqual([
    { id: 'b', targets: [] },
    { id: 'a', targets: [] },
  ]);
});

test('when the one that was asked is gone, the next is asked at once', () => {
  const { wanted } = tenAnnouncers();
  wanted.addAnnouncement('b', 'n0', 0);
  expect(wanted.removePeer('n1', 10)).toEqual([]);
  expect(wanted.removePeer('n0', 10)).toEqual([
    { id: 'a', targets: ['n2'] },
    { id: 'b', targets: [] },
  ]);
  expect(wanted.announcementCount).toBe(8);
  expect(wanted.nextDueAt).toBe(1_010);
  expect(wanted.takeOverdue(1_010)).toEqual([{ id: 'a', targets: ['n3'] }]);
  // As long as one that was asked is there, it has its time.
  expect(wanted.removePeer('n2', 1_020)).toEqual([]);
});

test('more than may be remembered makes the oldest forgotten', () => {
  const wanted = new PendingRequests<string>(3, 1_000);
  for (const id of ['a', 'b', 'c', 'd']) expect(wanted.addAnnouncement(id, 'n0', 0)).toBe(true);
  expect(wanted.announcementCount).toBe(3);
  expect(wanted.addAnnouncement('d', 'n1', 0)).toBe(false);
  expect(wanted.announcementCount).toBe(3);
  expect(wanted.takeOverdue(1_000)).toEqual([
    { id: 'c', targets: [] },
    { id: 'd', targets: ['n1'] },
  ]);
});

test('one id that everybody announces is bounded too', () => {
  const wanted = new PendingRequests<number>(3, 1_000);
  for (let by = 0; by < 100; by++) wanted.addAnnouncement('a', by, 0);
  expect(wanted.announcementCount).toBeLessThanOrEqual(3);
});
