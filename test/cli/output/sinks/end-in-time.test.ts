import { afterEach, expect, it, vi } from 'vitest';
import { endInTime } from '../../../../src/cli/output/sinks/end-in-time.ts';

afterEach(() => vi.restoreAllMocks());

it.each<[what: string, end: () => Promise<void>, said: string]>([
  ['that ends', async () => {}, ''],
  ['that hangs', () => new Promise(() => {}), 'the capture may lack its end: it did not end within 0.01 s'],
  ['that fails', () => Promise.reject(new Error('no space')), 'the capture may lack its end: no space'],
])('waits for what is written, and not for ever: one %s', async (_, end, said) => {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await endInTime('the capture', end, 10);
  expect(written.mock.calls.flat().join('')).toContain(said);
  expect(written.mock.calls).toHaveLength(said === '' ? 0 : 1);
});
