import { Devnet, shapes } from 'devnet';
import { expect, test } from 'vitest';

test('news reaches everybody', { timeout: 60_000 }, async () => {
  await using net = await Devnet.up(shapes.line(8));

  const { receipts, reached } = await net.gossip('n1', 'good morning');

  expect(reached).toBe(8);
  expect(Math.max(...receipts.map(({ hops }) => hops))).toBe(7);
});
