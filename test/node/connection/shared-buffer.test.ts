import { expect, test } from 'vitest';
import { SharedBuffer } from '../../../src/node/connection/shared-buffer.ts';

test('a shared buffer is counted once, until its last user releases it', () => {
  const held: number[] = [];
  const buffer = new SharedBuffer(Buffer.from('12345'), (bytes) => held.push(bytes));
  buffer.retain();
  buffer.retain();
  buffer.release();
  expect(held).toEqual([5]);
  buffer.release();
  expect(held).toEqual([5, -5]);
});
