import { Devnet, shapes } from 'devnet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

test('news survives the loss of a third of the nodes', async () => {
  await using net = await Devnet.up(shapes.regular(30, { degree: 6 }), { engine: 'process' });

  await Promise.all(net.nodes.slice(20).map((node) => node.kill()));
  const { reached } = await net.gossip('n1', 'still here');

  expect(reached).toBe(20);
});

test('a node that comes back finds its place again', async () => {
  await using net = await Devnet.up(
    { nodes: ['alice', 'bob', 'carol'], links: ['alice <-> bob <-> carol'] },
    { engine: 'process' },
  );
  const bob = net.node('bob');

  await bob.kill();
  await net.waitFor(async () => (await net.graph()).drift.broken.length === 2);
  await bob.start();
  await net.converged();

  expect(await bob.peers()).toEqual(['alice', 'carol']);
});

test('the graph changes, and nothing is restarted', async () => {
  await using net = await Devnet.up(shapes.line(20), { engine: 'process' });
  const before = await net.gossip('n1');

  await net.relink(shapes.star(20));
  const after = await net.gossip('n1');

  expect(before.receipts.at(-1)?.hops).toBe(19);
  expect(after.receipts.at(-1)?.hops).toBe(1);
});

test('what happens is in the log', async () => {
  await using net = await Devnet.up(shapes.mesh(3), { engine: 'process' });

  await net.node('n2').stop();
  for await (const { node, fields } of net.logs({ event: 'link_down' })) {
    expect(['n1', 'n3']).toContain(node);
    expect(fields.peer).toBe(net.node('n2').address);
    break;
  }
});

test('what takes too long is dumped at once', async ({ signal }) => {
  await using net = await Devnet.up(shapes.ring(8), { engine: 'process', signal });

  await net.waitFor(async () => (await net.node('n1').peers()).length === 2);
});

test('news takes the shortest way', () =>
  Devnet.run(shapes.ring(8), { engine: 'process' }, async (net) => {
    const { receipts } = await net.gossip('n1', 'good morning');

    expect(receipts.find(({ node }) => node === 'n5')?.hops).toBe(4);
  }));

describe('a devnet that several tests share', () => {
  let net: Devnet;
  beforeAll(async () => {
    net = await Devnet.up(shapes.star(5), { engine: 'process' });
  });
  afterAll(() => net.down());

  test('has the links it was given', async () => {
    expect((await net.graph()).links).toHaveLength(8);
  });
});
