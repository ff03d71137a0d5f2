import { Devnet, shapes } from 'devnet';
import { expect, test } from 'vitest';

test('halves do not hear of each other until the partition heals', { timeout: 120_000 }, async () => {
  await using net = await Devnet.up(shapes.mesh(4), { artifacts: false });

  const split = await net.partition('halves');
  await expect(net.gossip('n1', 'anybody there?', { timeout: 3_000 })).rejects.toThrow('not by n3, n4');

  await split.heal();
  await net.converged();
});
