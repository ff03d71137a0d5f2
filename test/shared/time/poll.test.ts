import { describe, expect, it, vi } from 'vitest';
import { poll, sleep } from '../../../src/shared/time/poll.ts';
import { raceSignal } from '../../../src/shared/time/race-signal.ts';

const { signal } = new AbortController();

describe('poll', () => {
  it('tries until a value is accepted', async () => {
    let seen = 0;
    const outcome = await poll(
      () => ++seen,
      (value) => value === 3,
      { timeoutMs: 1_000, intervalMs: 1, signal },
    );
    expect(outcome).toEqual({ met: true, value: 3 });
  });

  it('tries at least once, and returns the last value', async () => {
    const outcome = await poll(
      () => 'no',
      () => false,
      { timeoutMs: 0, intervalMs: 1_000, signal },
    );
    expect(outcome).toEqual({ met: false, attempts: 1, last: 'no' });
  });

  it('tries as long as it may where the clock of the machine is set meanwhile', async () => {
    let hours = 0;
    const wall = vi.spyOn(Date, 'now').mockImplementation(() => ++hours * 3_600_000);
    let seen = 0;
    const outcome = await poll(
      () => ++seen,
      (value) => value === 3,
      { timeoutMs: 60_000, intervalMs: 1, signal },
    );
    wall.mockRestore();
    expect(outcome).toEqual({ met: true, value: 3 });
  });

  it('counts an error as a failed attempt, unless it is fatal', async () => {
    const look = () => {
      throw new Error('dark');
    };
    const outcome = await poll(look, () => true, { timeoutMs: 5, intervalMs: 1, signal });
    expect(outcome).toMatchObject({ met: false, failure: new Error('dark') });
    const fatal = poll(look, () => true, { timeoutMs: 5, intervalMs: 1, signal, isFatal: () => true });
    await expect(fatal).rejects.toThrow('dark');
  });

  it('gives up an attempt that hangs, and returns the value before it', async () => {
    let looks = 0;
    const look = () => (++looks === 1 ? 'first' : new Promise<string>(() => {}));
    const outcome = await poll<string>(look, () => false, { timeoutMs: 1_000, intervalMs: 1, signal });
    expect(outcome).toMatchObject({ met: false, attempts: 2, last: 'first', hungMs: expect.any(Number) });
  });

  it('gives an attempt that hangs all of its time, 200 times in a row', async () => {
    const attempts = new Set<unknown>();
    for (let i = 0; i < 200; i++) {
      const outcome = await poll(
        () => new Promise(() => {}),
        () => true,
        { timeoutMs: 3 + Math.random(), intervalMs: 1, signal },
      );
      attempts.add('attempts' in outcome && outcome.attempts);
    }
    expect([...attempts]).toEqual([1]);
  });

  it('rejects with the reason of its signal, during an attempt and between two', async () => {
    const abort = new AbortController();
    const looking = poll(
      () => new Promise(() => {}),
      () => true,
      { timeoutMs: 1e6, intervalMs: 1, signal: abort.signal },
    );
    const pausing = poll(
      () => 1,
      () => false,
      { timeoutMs: 1e6, intervalMs: 1e6, signal: abort.signal },
    );
    setImmediate(() => abort.abort(new Error('enough')));
    await expect(looking).rejects.toThrow('enough');
    await expect(pausing).rejects.toThrow('enough');
    await expect(sleep(1e6, abort.signal)).rejects.toThrow('enough');
  });
});

describe('sleep', () => {
  it('is never shorter than asked, 300 times in a row', async () => {
    let shortest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 300; i++) {
      const startedAt = performance.now();
      await sleep(2 + Math.random(), signal);
      shortest = Math.min(shortest, performance.now() - startedAt);
    }
    expect(shortest).toBeGreaterThanOrEqual(2);
  });
});

describe('raceSignal', () => {
  it('ignores a rejection after the abort', async () => {
    const unhandled: unknown[] = [];
    const note = (cause: unknown) => unhandled.push(cause);
    process.on('unhandledRejection', note);
    const failing = new Promise((_, reject) => setImmediate(() => reject(new Error('late'))));
    await expect(raceSignal(failing, AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
