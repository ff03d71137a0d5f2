import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FrameBatch } from '../../../src/agents/tunnel/frame-batch.ts';

it('writes the frames of one turn of the event loop at once, in order', async () => {
  const writes: string[] = [];
  const batch = new FrameBatch((bytes) => writes.push(bytes.toString()));
  batch.add(Buffer.from('a'));
  await Promise.resolve();
  process.nextTick(() => batch.add(Buffer.from('b')));
  await setImmediate();
  expect(writes).toEqual(['ab']);

  batch.add(Buffer.from('c'));
  batch.flush();
  batch.add(Buffer.from('d'));
  expect(writes).toEqual(['ab', 'c']);
  await setImmediate();
  expect(writes).toEqual(['ab', 'c', 'd']);
  await setImmediate();
  expect(writes).toEqual(['ab', 'c', 'd']);
});
