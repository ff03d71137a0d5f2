import { expect, test } from 'vitest';
import { KeyedTokenBuckets, TokenBucket } from '../../../src/node/limits/token-bucket.ts';

test('a token bucket gives its burst at once and its rate from then on', () => {
  const bucket = new TokenBucket({ rate: 10, burst: 3 }, 0);
  expect([1, 2, 3, 4].map(() => bucket.tryTake(0))).toEqual([true, true, true, false]);
  expect(bucket.msUntilAvailable(0)).toBe(100);
  expect(bucket.msUntilAvailable(50)).toBe(50);
  expect(bucket.tryTake(99)).toBe(false);
  expect(bucket.tryTake(100)).toBe(true);
  expect(bucket.tryTake(100)).toBe(false);
});

test('a token bucket holds no more than its burst', () => {
  const bucket = new TokenBucket({ rate: 1_000, burst: 2 }, 0);
  expect([1, 2, 3].map(() => bucket.tryTake(1e9))).toEqual([true, true, false]);
});

test('the wait for several tokens is computed, for at most the burst', () => {
  const bucket = new TokenBucket({ rate: 10, burst: 5 }, 0);
  for (let taken = 0; taken < 5; taken++) bucket.tryTake(0);
  expect(bucket.msUntilAvailable(0, 3)).toBe(300);
  expect(bucket.msUntilAvailable(0, 99)).toBe(500);
  expect(bucket.msUntilAvailable(600, 99)).toBe(0);
});

test('each key has a bucket of its own', () => {
  const buckets = new KeyedTokenBuckets({ rate: 1, burst: 1 });
  expect(buckets.tryTake('a', 0)).toBe(true);
  expect(buckets.tryTake('a', 0)).toBe(false);
  expect(buckets.tryTake('b', 0)).toBe(true);
  expect(buckets.tryTake('a', 1_000)).toBe(true);
});

test('quiet keys are forgotten, and their number is limited', () => {
  const buckets = new KeyedTokenBuckets({ rate: 1, burst: 1 }, 10);
  for (let key = 0; key < 100; key++) {
    buckets.tryTake(String(key), 0);
    expect(buckets.size).toBeLessThanOrEqual(10);
  }
  buckets.tryTake('late', 60_000);
  expect(buckets.size).toBe(1);
});
