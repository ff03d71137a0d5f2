import { expect, test } from 'vitest';
import { Parcel } from '../../src/node/parcel.ts';

test('bytes that many have are held once, until the last is rid of them', () => {
  const held: number[] = [];
  const parcel = new Parcel(Buffer.from('12345'), (bytes) => held.push(bytes));
  parcel.take();
  parcel.take();
  parcel.release();
  expect(held).toEqual([5]);
  parcel.release();
  expect(held).toEqual([5, -5]);
});
