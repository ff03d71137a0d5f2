import { expect, it } from 'vitest';
import { Devnet } from '../../../../src/testing/index.ts';

interface Status {
  inbound: number;
  peers: { state: string }[];
}

// Docker has the kernel forget the connections of a container that ended long before their end has come this far.
it.each(['kill', 'stop'] as const)(
  'a node that ends by %s is noticed behind the proxy, however long that takes',
  async (how) => {
    await using net = await Devnet.up({
      nodes: ['a', 'b', 'c'],
      links: ['a -> b', 'b -> c'],
      conditions: { default: { delay: '500ms' } },
      shaping: 'relay',
    });
    const statusOf = async (node: 'a' | 'c') => (await net.node(node).send('get_status'))?.payload as Status;
    const { inbound } = await statusOf('c');
    await net.node('b')[how]();
    // Without a word from the other end, a node finds out by its next ping, half a minute later.
    const timeout = 15_000;
    await net.waitFor(async () => (await statusOf('a')).peers.every(({ state }) => state !== 'up'), { timeout });
    await net.waitFor(async () => (await statusOf('c')).inbound === inbound - 1, { timeout });
    const reasons = [];
    for await (const { event, fields } of net.logs({ nodes: ['a'], follow: false })) {
      if (event === 'link_down') reasons.push(fields.reason);
    }
    expect(reasons).toEqual(['closed by the other end']);
  },
);
