import { afterEach, describe, expect, test } from 'vitest';
import { parseGossipStrategy } from '../../../src/node/gossip/gossip-strategy.ts';
import type { GossipStrategy, NodeOptions } from '../../../src/node/index.ts';
import { cleanUp, FakePeer, greet, startNode, type TestNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

const strategies = (...texts: string[]): GossipStrategy[] => texts.map((text) => parseGossipStrategy(text)!);
const counters = ({ node }: TestNode) => node.status().counters;
const total = (nodes: TestNode[], count: keyof ReturnType<typeof counters>) =>
  nodes.reduce((sum, node) => sum + counters(node)[count], 0);
const received = ({ logged }: TestNode, id: string) =>
  logged.filter((line) => line.event === 'gossip_received' && line.id === id);

/** Starts nodes in a circle, each linked both ways to those `steps` away; they use the strategies in turn. */
async function startCircle(
  count: number,
  steps: number[],
  strategies: GossipStrategy[],
  options: Partial<NodeOptions> = {},
) {
  const nodes = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      startNode({ name: `n${n}`, strategy: strategies[n % strategies.length]!, ...options }),
    ),
  );
  for (const [n, { node }] of nodes.entries()) {
    for (const step of steps) {
      const other = nodes[(n + step) % count]!;
      node.addPeer(other.listen);
      other.node.addPeer(nodes[n]!.listen);
    }
  }
  await until(() => nodes.every(({ node }) => node.status().peers.every(({ mode }) => mode === 'link')), 'the links');
  return nodes;
}

/** Waits until nothing is in flight: everything that one end has sent, the other has read. */
async function quiet(nodes: TestNode[]): Promise<void> {
  await until(() => total(nodes, 'messages_out') === total(nodes, 'messages_in'), 'silence');
}

describe.each([
  ['flood', strategies('flood')],
  ['announce', strategies('announce')],
  ['fanout:2', strategies('fanout:2')],
  ['all of them mixed', strategies('flood', 'announce', 'announce', 'fanout:2')],
])('%s', (_, strategies) => {
  test('reaches every node of a ring once, with one more hop than at its sender', async () => {
    const nodes = await startCircle(9, [1], strategies);
    nodes[0]!.node.gossip({ id: 'a', data: 'text' });
    await until(() => nodes.every((node) => received(node, 'a').length === 1), 'gossip at every node');
    await quiet(nodes);
    expect(nodes.map(counters).map(({ gossip_received }) => gossip_received)).toEqual(Array(9).fill(1));
    const hops = nodes.map((node) => received(node, 'a')[0]!.hops as number);
    expect(hops[0]).toBe(0);
    // Each sender was one hop nearer: the paths are a tree from the origin.
    for (const [n, node] of nodes.entries()) {
      if (n === 0) continue;
      const from = Number((received(node, 'a')[0]!.from as string).slice(1));
      expect([(n + 1) % 9, (n + 8) % 9]).toContain(from);
      expect(hops[n]).toBe(hops[from]! + 1);
    }
  });
});

test('flood sends each message to every link except the one it came on', async () => {
  const nodes = await startCircle(8, [1, 2], strategies('flood'));
  nodes[0]!.node.gossip({ id: 'a' });
  await until(() => total(nodes, 'gossip_received') === 8, 'gossip at every node');
  await quiet(nodes);
  // Each node has four links, and all but the origin leave one out.
  expect(total(nodes, 'gossip_forwarded')).toBe(8 * 4 - 7);
  expect(total(nodes, 'gossip_duplicate')).toBe(8 * 4 - 7 - 7);
  expect(total(nodes, 'gossip_announced') + total(nodes, 'gossip_asked') + total(nodes, 'dropped')).toBe(0);
});

test('announce sends each message to each node once', async () => {
  const nodes = await startCircle(8, [1, 2], strategies('announce'), { limits: { wantTimeoutMs: 3_600_000 } });
  const data = 'x'.repeat(10_000);
  for (let n = 0; n < 20; n++) nodes[n % 8]!.node.gossip({ id: `message-${n}`, data });
  await until(() => total(nodes, 'gossip_received') === 160, 'gossip at every node');
  await quiet(nodes);
  expect(nodes.map(counters).map(({ gossip_duplicate }) => gossip_duplicate)).toEqual(Array(8).fill(0));
  expect(total(nodes, 'gossip_forwarded')).toBe(20 * 7);
  expect(total(nodes, 'gossip_asked')).toBe(20 * 7);
  expect(total(nodes, 'gossip_announced')).toBe(20 * (8 * 4 - 7));
});

test('a node that floods requests what the announcing nodes around it have', async () => {
  const nodes = await startCircle(3, [1], strategies('announce', 'flood', 'announce'));
  nodes[0]!.node.gossip({ id: 'a' });
  await until(() => total(nodes, 'gossip_received') === 3, 'gossip at every node');
  await quiet(nodes);
  expect(counters(nodes[1]!).gossip_asked).toBe(1);
  expect(counters(nodes[1]!).gossip_announced).toBe(0);
});

describe('fan-out', () => {
  const PEERS = 6;

  async function startHub(copies: number, seed: number | undefined, more: Partial<NodeOptions> = {}) {
    // Each has a name of its own, as the choice depends on names.
    const peers = await Promise.all(
      Array.from({ length: PEERS }, (_, n) =>
        new FakePeer((client) => {
          client.socket.once('data', () => client.send({ message_type: 'hello', payload: { name: `p${n}` } }));
        }).start(),
      ),
    );
    const hub = await startNode({ strategy: { kind: 'fanout', copies }, seed, ...more });
    for (const { listen } of peers) hub.node.addPeer(listen);
    await until(() => hub.node.status().peers.every(({ mode }) => mode === 'link'), 'the links');
    return { hub, peers };
  }

  /** Returns which peers got each of `count` messages. */
  async function choices({ hub, peers }: Awaited<ReturnType<typeof startHub>>, count: number, copies: number) {
    for (let n = 0; n < count; n++) hub.node.gossip({ id: `message-${n}` });
    const got = () => peers.map((peer) => peer.got('gossip').map(({ payload }) => (payload as { id: string }).id));
    await until(() => got().flat().length === count * copies, 'the copies');
    expect(counters(hub)).toMatchObject({ gossip_forwarded: count * copies, dropped: 0 });
    const ids = got();
    return Array.from({ length: count }, (_, n) =>
      ids.flatMap((some, peer) => (some.includes(`message-${n}`) ? [peer] : [])),
    );
  }

  test.each([1, 2, 5])('sends %i copies to as many links, drawn anew for each message', async (copies) => {
    const chosen = await choices(await startHub(copies, 1), 60, copies);
    for (const peers of chosen) expect(peers).toHaveLength(copies);
    expect(new Set(chosen.flat()).size).toBe(PEERS);
    expect(new Set(chosen.map(String)).size).toBeGreaterThan(4);
  });

  test.each([PEERS, PEERS + 1, 1_000])('floods with %i copies for six links', async (copies) => {
    const chosen = await choices(await startHub(copies, undefined), 10, PEERS);
    for (const peers of chosen) expect(peers).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('chooses by seed and name alone, whatever the addresses', async () => {
    const first = await choices(await startHub(2, 7), 30, 2);
    expect(await choices(await startHub(2, 7), 30, 2)).toEqual(first);
    expect(await choices(await startHub(2, 8), 30, 2)).not.toEqual(first);
    expect(await choices(await startHub(2, 7, { name: 'n2' }), 30, 2)).not.toEqual(first);
  });

  test('chooses anew in each run without a seed', async () => {
    const [one, two] = [await startHub(2, undefined), await startHub(2, undefined)];
    expect(await choices(one, 30, 2)).not.toEqual(await choices(two, 30, 2));
    expect(one.hub.node.status().seed).not.toBe(two.hub.node.status().seed);
  });

  test('passes over a link that cannot take the message', async () => {
    const { hub, peers } = await startHub(5, 1, {
      limits: { redialMinMs: 3_600_000, redialMaxMs: 3_600_000 },
      random: () => 1,
    });
    peers[0]!.stop();
    await until(() => hub.node.status().peers[0]?.state === 'waiting', 'the end of a link');
    for (let n = 0; n < 5; n++) hub.node.gossip({ id: `message-${n}` });
    await until(() => peers.slice(1).every((peer) => peer.got('gossip').length === 5), 'the gossip at all others');
    expect(counters(hub).gossip_forwarded).toBe(25);
  });

  test('sends no more copies than allowed, in a network', async () => {
    const nodes = await startCircle(10, [1, 2, 3], strategies('fanout:2'), { seed: 3 });
    for (let n = 0; n < 10; n++) nodes[n]!.node.gossip({ id: `message-${n}` });
    await until(() => total(nodes, 'gossip_received') >= 10 && total(nodes, 'gossip_forwarded') >= 20, 'some of it');
    await quiet(nodes);
    for (const node of nodes) {
      const { gossip_forwarded, gossip_received } = counters(node);
      expect(gossip_forwarded).toBe(2 * gossip_received);
    }
    expect(total(nodes, 'gossip_duplicate') + total(nodes, 'gossip_received') - 10).toBe(
      total(nodes, 'gossip_forwarded'),
    );
  });
});

test('gossip is not sent back on the link it came on, whatever the strategy', async () => {
  for (const strategy of strategies('flood', 'fanout:2', 'announce')) {
    const [one, two] = await Promise.all([new FakePeer(greet).start(), new FakePeer(greet).start()]);
    const { node } = await startNode({ strategy });
    for (const { listen } of [one, two]) node.addPeer(listen);
    await until(() => node.status().peers.every(({ mode }) => mode === 'link'), 'the links');
    one.clients[0]!.send({ message_type: 'gossip', payload: { id: 'a' } });
    await until(() => two.got('gossip').length === 1, 'the gossip');
    expect(node.status().counters.gossip_forwarded).toBe(1);
  }
});
