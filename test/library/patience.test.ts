import { describe, expect, it } from 'vitest';
import { abortable } from '../../src/devnet/abortable.ts';
import { pause, poll } from '../../src/library/patience.ts';

const { signal } = new AbortController();

describe('a poll', () => {
  it('looks until what it sees is accepted', async () => {
    let seen = 0;
    const outcome = await poll(
      () => ++seen,
      (value) => value === 3,
      { timeout: 1_000, every: 1, signal },
    );
    expect(outcome).toEqual({ met: true, value: 3 });
  });

  it('looks at least once, and tells what it saw last', async () => {
    const outcome = await poll(
      () => 'no',
      () => false,
      { timeout: 0, every: 1_000, signal },
    );
    expect(outcome).toEqual({ met: false, looks: 1, last: 'no' });
  });

  it('takes a look that throws for one in vain, unless that is fatal', async () => {
    const look = () => {
      throw new Error('dark');
    };
    const outcome = await poll(look, () => true, { timeout: 5, every: 1, signal });
    expect(outcome).toMatchObject({ met: false, failure: new Error('dark') });
    const fatal = poll(look, () => true, { timeout: 5, every: 1, signal, fatal: () => true });
    await expect(fatal).rejects.toThrow('dark');
  });

  it('is not held up by a look that hangs, and tells what was seen before it', async () => {
    let looks = 0;
    const look = () => (++looks === 1 ? 'first' : new Promise<string>(() => {}));
    const outcome = await poll<string>(look, () => false, { timeout: 1_000, every: 1, signal });
    expect(outcome).toMatchObject({ met: false, looks: 2, last: 'first', hung: expect.any(Number) });
  });

  it('rejects with the reason of its signal, in a look and between two', async () => {
    const abort = new AbortController();
    const looking = poll(
      () => new Promise(() => {}),
      () => true,
      { timeout: 1e6, every: 1, signal: abort.signal },
    );
    const pausing = poll(
      () => 1,
      () => false,
      { timeout: 1e6, every: 1e6, signal: abort.signal },
    );
    setImmediate(() => abort.abort(new Error('enough')));
    await expect(looking).rejects.toThrow('enough');
    await expect(pausing).rejects.toThrow('enough');
    await expect(pause(1e6, abort.signal)).rejects.toThrow('enough');
  });
});

describe('work that can be given up', () => {
  it('may fail afterwards without harm', async () => {
    const unhandled: unknown[] = [];
    const note = (cause: unknown) => unhandled.push(cause);
    process.on('unhandledRejection', note);
    const failing = new Promise((_, reject) => setImmediate(() => reject(new Error('late'))));
    await expect(abortable(failing, AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
