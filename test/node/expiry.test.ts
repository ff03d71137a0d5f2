import { afterEach, expect, test, vi } from 'vitest';
import { Expiry } from '../../src/node/expiry.ts';

afterEach(() => {
  vi.useRealTimers();
});

function expiring(due: number) {
  vi.useFakeTimers();
  const start = Date.now();
  const facts = { due, expired: [] as number[] };
  const now = () => Date.now() - start;
  const expiry = new Expiry(
    () => facts.due,
    now,
    () => facts.expired.push(now()),
  );
  expiry.arm();
  return { facts, expiry };
}

test('it expires when it is due', () => {
  const { facts } = expiring(100);
  vi.advanceTimersByTime(99);
  expect(facts.expired).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(facts.expired).toEqual([100]);
});

test('what moves later is found out, what moves earlier is armed', () => {
  const { facts, expiry } = expiring(100);
  facts.due = 300;
  vi.advanceTimersByTime(200);
  expect(facts.expired).toEqual([]);
  facts.due = 250;
  expiry.arm();
  vi.advanceTimersByTime(50);
  expect(facts.expired).toEqual([250]);
});

test('what is never due, or stopped, does not expire', () => {
  const { facts, expiry } = expiring(Number.POSITIVE_INFINITY);
  expect(vi.getTimerCount()).toBe(0);
  facts.due = 10;
  expiry.arm();
  expiry.stop();
  expiry.arm();
  vi.advanceTimersByTime(1_000);
  expect(facts.expired).toEqual([]);
});
