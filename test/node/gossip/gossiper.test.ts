import { afterEach, expect, test } from 'vitest';
import { isSameNode, nextHop } from '../../../src/node/gossip/gossiper.ts';
import { parseGossip } from '../../../src/node/messages/payloads.ts';
import { closedPort } from '../../support/closed-port.ts';
import { type Client, cleanUp, dial, FakePeer, greet, startNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

const quick = { redialMinMs: 5, redialMaxMs: 20, helloWaitMs: 30 };
const gossipOf = (id: string, more = {}) => ({ message_type: 'gossip', payload: { id, ...more } });

/** Starts a node with a link to each of some peers. */
async function startHub(peers: FakePeer[], limits = {}) {
  const hub = await startNode({ limits: { ...quick, ...limits } });
  for (const { listen } of peers) hub.node.addPeer(listen);
  await until(() => hub.node.status().peers.every(({ mode }) => mode !== null), 'the links');
  return hub;
}

const fakes = (...reacts: ((client: Client, peer: FakePeer) => void)[]) =>
  Promise.all(reacts.map((react) => new FakePeer(react).start()));

test('each peer gets gossip once, with one more hop', async () => {
  const peers = await fakes(greet, greet, greet);
  const { address, logged, node } = await startHub(peers);
  const client = await dial(address);
  client
    .send(gossipOf('a', { data: [1] }))
    .send(gossipOf('a'))
    .send(gossipOf('b', { hops: 4 }));
  await client.ask({ message_type: 'ping' });
  await until(() => peers.every((peer) => peer.got('gossip').length >= 2), 'the gossip');
  for (const peer of peers) {
    expect(peer.got('gossip')).toEqual([gossipOf('a', { data: [1], hops: 1 }), gossipOf('b', { hops: 5 })]);
  }
  expect(logged.filter(({ event }) => event === 'gossip_received')).toMatchObject([
    { id: 'a', from: '127.0.0.1', hops: 0 },
    { id: 'b', hops: 4 },
  ]);
  expect(node.status().counters).toMatchObject({
    gossip_received: 2,
    gossip_duplicate: 1,
    gossip_forwarded: 6,
    dropped: 0,
  });
});

test('gossip does not go back on the link it came on, nor to the peer whose hello it came with', async () => {
  const [one, two, witness] = await fakes(greet, greet, greet);
  const { address, node } = await startHub([one!, two!, witness!]);
  // On the link that the node dialed.
  one!.clients[0]!.send(gossipOf('a'));
  // On a connection that the peer dialed.
  const client = await dial(address);
  await client.ask({ message_type: 'hello', payload: { name: 'fake', listen: two!.listen } });
  client.send(gossipOf('b'));
  await until(() => witness!.got('gossip').length === 2, 'the gossip');
  await until(() => one!.got('gossip').length + two!.got('gossip').length === 2, 'the gossip');
  expect(one!.got('gossip')).toEqual([gossipOf('b', { hops: 1 })]);
  expect(two!.got('gossip')).toEqual([gossipOf('a', { hops: 1 })]);
  expect(node.status().counters.gossip_forwarded).toBe(4);
});

test('gossip of the node itself goes to every peer', async () => {
  const [peer] = await fakes(greet);
  const { node } = await startHub([peer!]);
  expect(node.gossip({ id: 'a' })).toBe(true);
  expect(node.gossip({ id: 'a' })).toBe(false);
  await until(() => peer!.got('gossip').length === 1, 'the gossip');
});

test('gossip with the most hops goes no further', async () => {
  const [peer] = await fakes(greet);
  const { address, node } = await startHub([peer!], { maxHops: 3 });
  const client = await dial(address);
  client.send(gossipOf('far', { hops: 3 })).send(gossipOf('near', { hops: 2 }));
  await until(() => peer!.got('gossip').length === 1, 'the gossip');
  expect(peer!.got('gossip')).toEqual([gossipOf('near', { hops: 3 })]);
  expect(node.status().counters.gossip_received).toBe(2);
});

test('gossip that the hop count makes too large for the next node is not sent', async () => {
  const [peer] = await fakes(greet);
  const { address, node } = await startHub([peer!], { maxMessage: 1_024 });
  const sized = (id: string, hops: number, size: number) => {
    const rest = JSON.stringify(gossipOf(id, { hops, data: '' })).length;
    return gossipOf(id, { hops, data: 'x'.repeat(size - rest) });
  };
  const client = await dial(address);
  client.send(sized('a', 9, 1_024)).send(sized('b', 8, 1_024));
  await until(() => peer!.got('gossip').length === 1, 'the gossip');
  expect(peer!.got('gossip')).toMatchObject([{ payload: { id: 'b', hops: 9 } }]);
  expect(node.status().counters.dropped).toBe(1);
});

test('gossip runs around a ring of nodes once', async () => {
  const nodes = await Promise.all([1, 2, 3, 4, 5].map((n) => startNode({ name: `n${n}` })));
  for (const [index, { node }] of nodes.entries()) node.addPeer(nodes[(index + 1) % nodes.length]!.listen);
  await until(() => nodes.every(({ node }) => node.status().peers[0]?.mode === 'link'), 'the ring');
  nodes[0]!.node.gossip({ id: 'a' });
  await until(() => nodes[0]!.node.status().counters.gossip_duplicate === 1, 'the way around');
  expect(nodes.map(({ node }) => node.status().counters.gossip_received)).toEqual([1, 1, 1, 1, 1]);
  expect(nodes.map(({ logged }) => logged.find(({ event }) => event === 'gossip_received'))).toMatchObject([
    { hops: 0, from: 'n1' },
    { hops: 1, from: 'n1' },
    { hops: 2, from: 'n2' },
    { hops: 3, from: 'n3' },
    { hops: 4, from: 'n4' },
  ]);
});

test('gossip for a peer that is being dialed waits for the link', async () => {
  const [peer] = await fakes(greet);
  const { node } = await startNode({ limits: quick });
  node.addPeer(peer!.listen);
  node.gossip({ id: 'a' });
  await until(() => peer!.got('gossip').length === 1, 'the gossip');
});

test('gossip for a peer that is not connected is counted as dropped', async () => {
  const { node } = await startNode({ limits: { redialMinMs: 60_000, redialMaxMs: 60_000 }, random: () => 0.9 });
  node.addPeer(`127.0.0.1:${await closedPort()}`);
  await until(() => node.status().peers[0]?.state === 'waiting', 'a failed dial');
  node.gossip({ id: 'a' });
  expect(node.status().counters).toMatchObject({ dropped: 1, gossip_forwarded: 0 });
});

test('an echo on a dialed link is not answered, so that two nodes do not echo for ever', async () => {
  const [peer] = await fakes(greet);
  await startHub([peer!]);
  peer!.clients[0]!.send({ message_type: 'echo', payload: 1 }).send({ message_type: 'ping', payload: 2 });
  await until(() => peer!.got('pong').length === 1, 'the pong');
  expect(peer!.got('echo')).toEqual([]);
});

/** Other programs as peers, by their reaction to input. Each must get all gossip. */
const others: [string, (client: Client) => void][] = [
  ['that never answers', () => {}],
  [
    'that closes after each message',
    (client) => client.socket.once('data', () => client.socket.end('{"ok":true}\n\n')),
  ],
  ['that resets after each message', (client) => client.socket.once('data', () => client.socket.resetAndDestroy())],
  ['that answers with text', (client) => client.socket.on('data', () => client.socket.write('OK thank you\n'))],
  [
    'that answers a hello with an error',
    (client) => client.socket.on('data', () => client.send({ message_type: 'error', payload: {} })),
  ],
  ['that repeats its input', (client) => client.socket.pipe(client.socket)],
  [
    'that answers unknown types with unknown types',
    (client) => client.socket.on('data', () => client.send({ message_type: 'what' })),
  ],
];
test.each(others)('a peer %s gets each message on a connection of its own', async (_, react) => {
  const peer = await new FakePeer(react).start();
  const { node } = await startHub([peer]);
  expect(node.status().peers[0]).toMatchObject({ state: 'up', mode: 'oneshot' });
  for (const id of ['a', 'b', 'c']) node.gossip({ id });
  await until(() => peer.got('gossip').length === 3, 'the gossip');
  const carriers = peer.clients.filter((client) =>
    client.received.some(({ message_type }) => message_type === 'gossip'),
  );
  expect(carriers.map((client) => client.received.length)).toEqual([1, 1, 1]);
  expect(peer.got('error')).toEqual([]);
  expect(node.status().peers[0]?.state).toBe('up');
});

test('a peer whose hello is late becomes a link', async () => {
  const peer = await new FakePeer(() => {}).start();
  const { node, logged } = await startHub([peer]);
  expect(node.status().peers[0]?.mode).toBe('oneshot');
  peer.clients[0]!.send({ message_type: 'hello', payload: { name: 'slow' } });
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  node.gossip({ id: 'a' });
  await until(() => peer.got('gossip').length === 1, 'the gossip');
  expect(peer.clients).toHaveLength(1);
  expect(logged.filter(({ event }) => event === 'link_up').map(({ mode }) => mode)).toEqual(['oneshot', 'link']);
});

test('a peer that never reads is dropped and delays no other', async () => {
  const stuck = await new FakePeer((client, peer) => {
    client.send({ message_type: 'hello', payload: { name: 'stuck', listen: peer.listen } });
    client.socket.pause();
  }).start();
  const [good] = await fakes(greet);
  const { node, logged } = await startHub([stuck, good!], { maxSendQueue: 100_000 });
  const data = 'x'.repeat(500_000);
  const down = () => logged.some(({ event, peer }) => event === 'link_down' && peer === stuck.listen);
  let sent = 0;
  while (!down() && sent < 100) {
    node.gossip({ id: String(sent++), data });
    await until(() => good!.got('gossip').length === sent, 'the gossip at the other peer');
  }
  expect(logged).toContainEqual(
    expect.objectContaining({
      event: 'link_down',
      peer: stuck.listen,
      reason: 'send buffer full: the peer is not reading',
    }),
  );
});

test('links are kept alive by pings, and taken for dead without an answer', async () => {
  const alive = await new FakePeer((client, peer) => {
    greet(client, peer);
    client.socket.on('data', () => {
      const last = client.received.at(-1);
      if (last?.message_type === 'ping') client.send({ message_type: 'pong', payload: last.payload });
    });
  }).start();
  const [dead] = await fakes(greet);
  const { node, logged } = await startHub([alive, dead!], { pingIntervalMs: 50, deadAfterMs: 800 });
  await until(() => logged.some(({ event }) => event === 'link_down'), 'the end of the dead link');
  expect(logged.filter(({ event }) => event === 'link_down')).toMatchObject([{ peer: dead!.listen, reason: 'dead' }]);
  expect(alive.got('ping').length).toBeGreaterThan(1);
  expect(node.status().peers[0]).toMatchObject({ mode: 'link', rtt_ms: expect.any(Number) });
});

test.each([
  [{ id: 'a' }, 32, { id: 'a', hops: 1 }],
  [{ id: 'a', hops: 0, data: null }, 32, { id: 'a', hops: 1, data: null }],
  [{ id: 'a', hops: 31 }, 32, { id: 'a', hops: 32 }],
  [{ id: 'a', hops: 32 }, 32, undefined],
  [{ id: 'a', hops: Number.MAX_SAFE_INTEGER }, 32, undefined],
  [{ id: 'a', more: [1] }, 1, { id: 'a', more: [1], hops: 1 }],
])('passes %j with at most %i hops on as %j', (gossip, most, next) => {
  expect(nextHop(parseGossip(gossip), most)).toEqual(next);
});

test('passes a key __proto__ on unchanged', () => {
  const gossip = parseGossip(JSON.parse('{"id":"a","__proto__":{"polluted":true}}'));
  expect(JSON.stringify(nextHop(gossip, 32))).toBe('{"id":"a","__proto__":{"polluted":true},"hops":1}');
});

const hello = { name: 'n1', id: 'i1' };
test.each([
  ['the same run', { hello }, { listen: 'b:1', hello }, true],
  ['the address it says it listens at', { hello, listen: 'a:1' }, { listen: 'a:1' }, true],
  ['another run', { hello }, { listen: 'a:1', hello: { name: 'n1', id: 'i2' } }, false],
  ['neither has an id', { hello: { name: 'n1' } }, { listen: 'a:1', hello: { name: 'n1' } }, false],
  ['no hello', { listen: 'a:1' }, { listen: 'a:1' }, false],
  ['gossip of the node itself', {}, { listen: 'a:1' }, false],
])('recognizes the sender among the peers: %s', (_, sender, peer, expected) => {
  expect(isSameNode(sender, peer)).toBe(expected);
});
