import { expect, test } from 'vitest';
import { SharedBuffer } from '../../../src/node/connection/shared-buffer.ts';

test('bytes that many have are held once, until the last is rid of them', () => {
  const held: number[] = [];
  const parcel = new SharedBuffer(Buffer.from('12345'), (bytes) => held.push(bytes));
  parcel.retain();
  parcel.retain();
  parcel.release();
  expect(held).toEqual([5]);
  parcel.release();
  expect(held).toEqual([5, -5]);
});
