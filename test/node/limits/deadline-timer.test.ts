import { afterEach, expect, test, vi } from 'vitest';
import { DeadlineTimer } from '../../../src/node/limits/deadline-timer.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** Resolves at the end of a turn of the event loop, when sockets have been read. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function expiring(due: number) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  const start = Date.now();
  const facts = { due, expired: [] as number[] };
  const now = () => Date.now() - start;
  const expiry = new DeadlineTimer(
    () => facts.due,
    now,
    () => facts.expired.push(now()),
  );
  expiry.arm();
  return { facts, expiry };
}

test('expires at its deadline, after input that has arrived is read', async () => {
  const { facts } = expiring(100);
  vi.advanceTimersByTime(99);
  expect(facts.expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(facts.expired).toEqual([]);
  await turn();
  expect(facts.expired).toEqual([100]);
});

test('does not expire if reading that input moves the deadline', async () => {
  const { facts } = expiring(100);
  vi.advanceTimersByTime(100);
  facts.due = 300;
  await turn();
  vi.advanceTimersByTime(199);
  await turn();
  expect(facts.expired).toEqual([]);
  vi.advanceTimersByTime(1);
  await turn();
  expect(facts.expired).toEqual([300]);
});

test('follows a later deadline without being armed again, and an earlier one when armed', async () => {
  const { facts, expiry } = expiring(100);
  facts.due = 300;
  vi.advanceTimersByTime(200);
  await turn();
  expect(facts.expired).toEqual([]);
  facts.due = 250;
  expiry.arm();
  vi.advanceTimersByTime(50);
  await turn();
  expect(facts.expired).toEqual([250]);
});

test('does not expire without a deadline, or when stopped', async () => {
  const { facts, expiry } = expiring(Number.POSITIVE_INFINITY);
  expect(vi.getTimerCount()).toBe(0);
  facts.due = 10;
  expiry.arm();
  expiry.stop();
  expiry.arm();
  vi.advanceTimersByTime(1_000);
  await turn();
  expect(facts.expired).toEqual([]);
});
