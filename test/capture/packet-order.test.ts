import { expect, it } from 'vitest';
import { PacketOrder } from '../../src/capture/packet-order.ts';

const packet = (timeNs: number) => ({ timeNs: BigInt(timeNs), data: Buffer.alloc(0), originalBytes: 0 });
const times = (packets: { timeNs: bigint }[]) => packets.map(({ timeNs }) => Number(timeNs));

it('holds packets until those of slower hosts are there, and returns them by time', () => {
  const order = new PacketOrder();
  order.push(packet(30), 0);
  order.push(packet(50), 1_000);
  expect(order.take(1_999)).toEqual([]);
  order.push(packet(20), 1_999);
  order.push(packet(40), 1_999);
  expect(times(order.take(2_000))).toEqual([20, 30]);
  expect(times(order.take(3_000))).toEqual([40, 50]);
  expect(order.take(9_000)).toEqual([]);
});

it('returns the rest at the end', () => {
  const order = new PacketOrder();
  for (const time of [3, 1, 2]) order.push(packet(time), 0);
  expect(times(order.rest())).toEqual([1, 2, 3]);
  expect(order.rest()).toEqual([]);
});
