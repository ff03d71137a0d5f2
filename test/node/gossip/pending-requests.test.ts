import { expect, test } from 'vitest';
import { PendingRequests } from '../../../src/node/gossip/pending-requests.ts';

/** Requests `a`, announced by `n0` to `n9` in this order. */
function tenAnnouncers() {
  const requests = new PendingRequests<string>(100, 1_000);
  const asked = Array.from({ length: 10 }, (_, n) => requests.addAnnouncement('a', `n${n}`, 0));
  return { requests, asked };
}

test('asks the first peer that announces an id, and none twice', () => {
  const { requests, asked } = tenAnnouncers();
  expect(asked.indexOf(true)).toBe(0);
  expect(asked.lastIndexOf(true)).toBe(0);
  expect(requests.addAnnouncement('a', 'n0', 1)).toBe(false);
  expect(requests.addAnnouncement('a', 'n5', 1)).toBe(false);
  expect(requests.announcementCount).toBe(10);
});

test('asks twice as many peers each time an id does not arrive, then gives up', () => {
  const { requests } = tenAnnouncers();
  expect(requests.nextDueAt).toBe(1_000);
  expect(requests.takeOverdue(999)).toEqual([]);
  expect(requests.takeOverdue(1_000)).toEqual([{ id: 'a', targets: ['n1'] }]);
  expect(requests.nextDueAt).toBe(2_000);
  expect(requests.takeOverdue(2_000)).toEqual([{ id: 'a', targets: ['n2', 'n3'] }]);
  expect(requests.takeOverdue(3_000)).toEqual([{ id: 'a', targets: ['n4', 'n5', 'n6', 'n7'] }]);
  expect(requests.takeOverdue(4_000)).toEqual([{ id: 'a', targets: ['n8', 'n9'] }]);
  expect(requests.announcementCount).toBe(10);
  expect(requests.takeOverdue(5_000)).toEqual([{ id: 'a', targets: [] }]);
  expect(requests.announcementCount).toBe(0);
  expect(requests.nextDueAt).toBe(Number.POSITIVE_INFINITY);
  // The next peer that announces it is the first again.
  expect(requests.addAnnouncement('a', 'n0', 6_000)).toBe(true);
});

test('asks nobody for an id that arrived', () => {
  const { requests } = tenAnnouncers();
  requests.delete('a');
  requests.delete('b');
  expect(requests.announcementCount).toBe(0);
  expect(requests.takeOverdue(1_000)).toEqual([]);
});

test('returns overdue ids in the order of their last requests', () => {
  const requests = new PendingRequests<string>(100, 1_000);
  requests.addAnnouncement('a', 'n0', 0);
  requests.addAnnouncement('a', 'n1', 0);
  requests.addAnnouncement('b', 'n0', 500);
  expect(requests.takeOverdue(1_000)).toEqual([{ id: 'a', targets: ['n1'] }]);
  expect(requests.nextDueAt).toBe(1_500);
  expect(requests.takeOverdue(3_000)).toEqual([
    { id: 'b', targets: [] },
    { id: 'a', targets: [] },
  ]);
});

test('asks the next peer at once when the one that was asked disconnects', () => {
  const { requests } = tenAnnouncers();
  requests.addAnnouncement('b', 'n0', 0);
  expect(requests.removePeer('n1', 10)).toEqual([]);
  expect(requests.removePeer('n0', 10)).toEqual([
    { id: 'a', targets: ['n2'] },
    { id: 'b', targets: [] },
  ]);
  expect(requests.announcementCount).toBe(8);
  expect(requests.nextDueAt).toBe(1_010);
  expect(requests.takeOverdue(1_010)).toEqual([{ id: 'a', targets: ['n3'] }]);
  // While a peer that was asked is connected, it has its time to deliver.
  expect(requests.removePeer('n2', 1_020)).toEqual([]);
});

test('forgets the oldest announcements beyond the limit', () => {
  const requests = new PendingRequests<string>(3, 1_000);
  for (const id of ['a', 'b', 'c', 'd']) expect(requests.addAnnouncement(id, 'n0', 0)).toBe(true);
  expect(requests.announcementCount).toBe(3);
  expect(requests.addAnnouncement('d', 'n1', 0)).toBe(false);
  expect(requests.announcementCount).toBe(3);
  expect(requests.takeOverdue(1_000)).toEqual([
    { id: 'c', targets: [] },
    { id: 'd', targets: ['n1'] },
  ]);
});

test('limits the announcements of a single id', () => {
  const requests = new PendingRequests<number>(3, 1_000);
  for (let by = 0; by < 100; by++) requests.addAnnouncement('a', by, 0);
  expect(requests.announcementCount).toBeLessThanOrEqual(3);
});
