import { afterEach, expect, test } from 'vitest';
import { closedPort } from '../../support/closed-port.ts';
import { type Client, cleanUp, dial, FakePeer, greet, startNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

const quick = { redialMinMs: 5, redialMaxMs: 20, helloWaitMs: 50 };
const silent = () => {};

test('a new node has no peers', async () => {
  const { address } = await startNode();
  const client = await dial(address);
  expect(await client.ask({ message_type: 'get_peers' })).toEqual({ message_type: 'peers', payload: [] });
  expect(await client.ask({ message_type: 'list_peers' })).toEqual({ message_type: 'peers', payload: [] });
});

test.each([
  ['text', (host: string, port: number) => `${host}:${port}`],
  ['a port', (_: string, port: number) => port],
  ['a port as text', (_: string, port: number) => String(port)],
  ['an object', (host: string, port: number) => ({ host, port })],
  ['an object with a port', (_: string, port: number) => ({ port })],
])('add_peer with %s lists the peer at once, dials it and says hello', async (_, payload) => {
  const peer = await new FakePeer(greet).start();
  const { address, node, logged } = await startNode({ name: 'n7' });
  const client = await dial(address);
  const [host, port] = peer.listen.split(':') as [string, string];
  const peers = { message_type: 'peers', payload: [peer.listen] };
  expect(await client.ask({ message_type: 'add_peer', payload: payload(host, Number(port)) })).toEqual(peers);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  expect(peer.clients[0]?.received[0]).toMatchObject({ message_type: 'hello', payload: { name: 'n7', link: 0 } });
  // Adding it again changes nothing.
  expect(await client.ask({ message_type: 'add_peer', payload: peer.listen })).toEqual(peers);
  await client.ask({ message_type: 'ping' });
  expect(peer.clients).toHaveLength(1);
  expect(logged.map(({ event }) => event)).toEqual(['listening', 'peer_added', 'link_up']);
  expect(logged[2]).toMatchObject({ peer: peer.listen, name: 'fake', rtt_ms: expect.any(Number) });
});

test('a dead peer stays in the list, and the reply does not wait for it', async () => {
  const { address, node } = await startNode({ limits: quick });
  const dead = `127.0.0.1:${await closedPort()}`;
  const client = await dial(address);
  expect(await client.ask({ message_type: 'add_peer', payload: dead })).toEqual({
    message_type: 'peers',
    payload: [dead],
  });
  await until(() => (node.status().peers[0]?.attempts ?? 0) > 2, 'redials');
  expect(node.status().peers[0]?.state).not.toBe('up');
});

test('a peer that comes back is redialed', async () => {
  const { node, logged } = await startNode({ limits: quick });
  const port = await closedPort();
  node.addPeer(`127.0.0.1:${port}`);
  await until(() => (node.status().peers[0]?.attempts ?? 0) > 0, 'a failed dial');
  const first = await new FakePeer(greet).start('127.0.0.1', port);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  first.stop();
  await until(() => logged.some(({ event }) => event === 'link_down'), 'the end of the link');
  await new FakePeer(greet).start('127.0.0.1', port);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link again');
});

test('redials back off', async () => {
  const dials: number[] = [];
  const peer = await new FakePeer((client) => {
    dials.push(performance.now());
    client.socket.destroy();
  }).start();
  const { node } = await startNode({ limits: { redialMinMs: 20, redialMaxMs: 160 }, random: () => 0.999 });
  node.addPeer(peer.listen);
  await until(() => dials.length === 6, 'redials');
  const gaps = dials.slice(1).map((at, index) => at - dials[index]!);
  // A timer may be late, never early: each gap has a lower bound.
  for (const [index, least] of [19, 39, 79, 159, 159].entries()) expect(gaps[index]).toBeGreaterThan(least);
});

test('a peer that closes after each reply is up without attempts, and the first redial after its loss comes at once', async () => {
  const serve = (client: Client) => client.socket.once('data', () => client.socket.end('{"ok":1}\n\n'));
  const port = await closedPort();
  const peer = await new FakePeer(serve).start('127.0.0.1', port);
  // Brief connections add up to a wait far longer than the test.
  const limits = { redialMinMs: 20, redialMaxMs: 600_000, helloWaitMs: 50 };
  const { node, logged } = await startNode({ limits, random: () => 0.999 });
  node.addPeer(peer.listen);
  await until(() => node.status().counters.dials >= 8, 'redials');
  expect(node.status().peers[0]).toMatchObject({ state: 'up', mode: 'oneshot', attempts: 0 });
  peer.stop();
  // The message that fails shows that the peer is gone.
  node.gossip({ id: 'lost' });
  await until(() => logged.some(({ event }) => event === 'link_down'), 'the loss');
  const again = await new FakePeer(serve).start('127.0.0.1', port);
  await until(() => node.status().peers[0]?.state === 'up', 'the peer to be up again', { timeoutMs: 5_000 });
  expect(node.status().peers[0]).toMatchObject({ mode: 'oneshot', attempts: 0, reason: null });
  node.gossip({ id: 'found' });
  await until(() => again.got('gossip').length === 1, 'the gossip');
});

test('a link that comes up after many failed dials is redialed at once when it is lost', async () => {
  const port = await closedPort();
  const { node, logged } = await startNode({ limits: { redialMinMs: 5, redialMaxMs: 600_000 }, random: () => 0.999 });
  node.addPeer(`127.0.0.1:${port}`);
  await until(() => (node.status().peers[0]?.attempts ?? 0) >= 6, 'failed dials');
  const peer = await new FakePeer(greet).start('127.0.0.1', port);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  expect(node.status().peers[0]?.attempts).toBe(0);
  peer.clients[0]!.socket.destroy();
  await until(() => peer.clients.length === 2, 'the redial', { timeoutMs: 5_000 });
  expect(logged.filter(({ event }) => event === 'link_down')).toHaveLength(1);
});

test('a hello from a peer that is waiting to be redialed redials it at once', async () => {
  const { node, address } = await startNode({
    limits: { redialMinMs: 600_000, redialMaxMs: 600_000 },
    random: () => 0.9,
  });
  const port = await closedPort();
  node.addPeer(`127.0.0.1:${port}`);
  await until(() => node.status().peers[0]?.state === 'waiting', 'a failed dial');
  await new FakePeer(greet).start('127.0.0.1', port);
  const other = await dial(address, '127.0.0.2');
  await other.ask({ message_type: 'hello', payload: { name: 'liar', listen: `127.0.0.1:${port}` } });
  expect(node.status().peers[0]?.state).toBe('waiting');
  const client = await dial(address);
  await client.ask({ message_type: 'hello', payload: { name: 'fake', listen: port } });
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
});

test('remove_peer closes the link and stops redialing', async () => {
  const peer = await new FakePeer(greet).start();
  const { node, address } = await startNode({ limits: quick });
  node.addPeer(peer.listen);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  const client = await dial(address);
  expect(await client.ask({ message_type: 'remove_peer', payload: peer.listen })).toEqual({
    message_type: 'peers',
    payload: [],
  });
  await until(() => peer.clients[0]!.ended, 'the end of the link');
  peer.clients[0]!.socket.end();
  await until(() => peer.clients[0]!.closed, 'the close');
  expect(node.status().counters.dials).toBe(1);
  // Removing an address that is no peer is not an error.
  expect(await client.ask({ message_type: 'remove_peer', payload: peer.listen })).toEqual({
    message_type: 'peers',
    payload: [],
  });
});

test('removing a peer that is waiting to be redialed stops the redial', async () => {
  const { node } = await startNode({ limits: { redialMinMs: 1, redialMaxMs: 1 } });
  const dead = `127.0.0.1:${await closedPort()}`;
  node.addPeer(dead);
  await until(() => node.status().counters.dials > 2, 'redials');
  node.removePeer(dead);
  const { dials } = node.status().counters;
  const late = await new FakePeer(silent).start('127.0.0.1', Number(dead.split(':')[1]));
  await (await dial({ host: '127.0.0.1', port: Number(dead.split(':')[1]) })).socket.end();
  await until(() => late.clients.length > 0, 'the test itself');
  expect(node.status().counters.dials).toBe(dials);
});

test('a third party cannot remove a peer, an admin can', async () => {
  const peer = await new FakePeer(silent).start('127.0.0.2');
  const { address, node } = await startNode({ admins: ['127.0.0.9'] });
  node.addPeer(peer.listen);
  const third = await dial(address, '127.0.0.3');
  expect(await third.ask({ message_type: 'remove_peer', payload: peer.listen })).toMatchObject({
    message_type: 'error',
    payload: { code: 'invalid_payload' },
  });
  expect(node.peers()).toEqual([peer.listen]);
  const admin = await dial(address, '127.0.0.9');
  expect(await admin.ask({ message_type: 'remove_peer', payload: peer.listen })).toMatchObject({ payload: [] });
});

test("a node's own address is no peer, however it is written", async () => {
  const { address, node } = await startNode({ host: undefined });
  const client = await dial({ ...address, host: '127.0.0.1' });
  for (const host of ['127.0.0.1', '127.0.0.8', 'localhost', '[::1]', 'n1', '[::ffff:127.0.0.1]']) {
    const reply = await client.ask({ message_type: 'add_peer', payload: `${host}:${address.port}` });
    expect(reply, host).toEqual({ message_type: 'peers', payload: [] });
  }
  expect(node.status().counters.dials).toBe(0);
});

test('a node that dialed itself through another address notices', async () => {
  const { node, logged, address } = await startNode({ limits: quick });
  // Connections here are forwarded to the node.
  const detour = await new FakePeer((client) => {
    client.socket.pause();
    void dial(address).then((other) => client.socket.pipe(other.socket).pipe(client.socket));
  }).start();
  node.addPeer(detour.listen);
  await until(() => node.peers().length === 0, 'the peer to be dropped');
  expect(logged).toContainEqual(
    expect.objectContaining({ event: 'peer_removed', peer: detour.listen, reason: 'this node itself' }),
  );
});

test('a peer that repeats its input is not taken for the node itself', async () => {
  const parrot = await new FakePeer((client) => void client.socket.pipe(client.socket)).start();
  const { node } = await startNode({ limits: quick });
  node.addPeer(parrot.listen);
  await until(() => node.status().peers[0]?.mode === 'oneshot', 'the peer to be known');
  expect(node.peers()).toEqual([parrot.listen]);
});

test('a peer that answers the hello late is connected since then', async () => {
  let greets = false;
  const peer = await new FakePeer((client, self) => {
    if (greets) greet(client, self);
    else client.socket.once('data', () => client.socket.end());
  }).start();
  const { node } = await startNode({ limits: quick });
  node.addPeer(peer.listen);
  const peerStatus = () => node.status().peers[0];
  await until(() => peerStatus()?.mode === 'oneshot', 'the peer to be known');
  await until(() => (peerStatus()?.since ?? 0) >= 1, 'some time to pass');
  greets = true;
  await until(() => peerStatus()?.mode === 'link', 'the link');
  // It was up all the time, but this connection is new.
  expect(peerStatus()).toMatchObject({ state: 'up' });
  expect(peerStatus()?.since).toBeLessThan(1);
});

test('two nodes that dial each other have two links', async () => {
  const a = await startNode({ name: 'a' });
  const b = await startNode({ name: 'b' });
  a.node.addPeer(b.listen);
  b.node.addPeer(a.listen);
  const up = () => [a, b].every(({ node }) => node.status().peers[0]?.mode === 'link');
  await until(up, 'both links');
  expect([a.node.status().inbound, b.node.status().inbound]).toEqual([1, 1]);
  expect(a.node.status().peers[0]?.name).toBe('b');
});

test('there are no more peers than the limit', async () => {
  const { address } = await startNode({ limits: { maxPeers: 2, redialMinMs: 60_000, redialMaxMs: 60_000 } });
  const client = await dial(address);
  const port = await closedPort();
  await client.ask({ message_type: 'add_peer', payload: `127.0.0.2:${port}` });
  await client.ask({ message_type: 'add_peer', payload: `127.0.0.3:${port}` });
  const reply = await client.ask({ message_type: 'add_peer', payload: `127.0.0.4:${port}` });
  expect(reply).toMatchObject({ message_type: 'error', payload: { code: 'rate_limited' } });
  expect(await client.ask({ message_type: 'add_peer', payload: `127.0.0.3:${port}` })).toMatchObject({
    message_type: 'peers',
  });
});

test('add_peer is rate limited for each address, except for admins', async () => {
  const limits = { addPeersBurst: 2, addPeersPerSecond: 1, redialMinMs: 60_000, redialMaxMs: 60_000 };
  const { address } = await startNode({ limits, admins: ['127.0.0.9'], now: () => 0 });
  const port = await closedPort();
  const add = async (client: Client) =>
    (await client.ask({ message_type: 'add_peer', payload: `127.0.0.2:${port}` })).message_type;
  const one = await dial(address);
  expect([await add(one), await add(one), await add(one)]).toEqual(['peers', 'peers', 'error']);
  expect(await add(await dial(address))).toBe('error');
  expect(await add(await dial(address, '127.0.0.2'))).toBe('peers');
  const admin = await dial(address, '127.0.0.9');
  expect([await add(admin), await add(admin), await add(admin)]).toEqual(['peers', 'peers', 'peers']);
});
