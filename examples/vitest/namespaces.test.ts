import { Devnet, type RuntimeName, shapes } from 'devnet';
import { expect, test } from 'vitest';

// Real network stacks without Docker. In CI this runs on every push, and once a night in containers: DEVNET_ENGINE=containers.
const engine = (process.env.DEVNET_ENGINE ?? 'namespaces') as RuntimeName;

test('two halves of a network do not hear of each other until they are joined', { timeout: 60_000 }, async () => {
  await using net = await Devnet.up(shapes.ring(8), { engine });

  const split = await net.partition('halves');
  const alone = await net.gossip('n1', 'only here', { to: ['n2', 'n3', 'n4'] });
  await split.heal();
  await net.converged();
  const together = await net.gossip('n1', 'everywhere');

  expect(alone.reached).toBe(4);
  expect(together.reached).toBe(8);
});

test('news takes as long as its links', { timeout: 60_000 }, async () => {
  await using net = await Devnet.up(
    { nodes: ['a', 'b', 'c'], links: { link: 'a <-> b <-> c', delay: '50ms' } },
    { engine },
  );

  const { receipts } = await net.gossip('a');

  expect(receipts.at(-1)).toMatchObject({ node: 'c', hops: 2 });
  expect(receipts.at(-1)?.ms).toBeGreaterThan(95);
});
