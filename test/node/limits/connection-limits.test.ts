import { afterEach, expect, test } from 'vitest';
import { cleanUp, dial, FakePeer, greet, startNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

const PING = '{"message_type":"ping"}\n\n';
const ping = { message_type: 'ping' };
const hello = { message_type: 'hello', payload: { name: 'me' } };
/** Longer than any test waits. */
const AGES = 3_600_000;

test('a thousand pipelined messages are answered in order', async () => {
  const { address } = await startNode({ limits: { messagesBurst: 1_000 } });
  const client = await dial(address);
  const sent = Array.from({ length: 1_000 }, (_, payload) => ({ message_type: 'ping', payload }));
  client.send(sent.map((message) => `${JSON.stringify(message)}\n`).join(''));
  await until(() => client.received.length === 1_000, 'the replies');
  expect(client.received.map(({ payload }) => payload)).toEqual(sent.map(({ payload }) => payload));
});

test('a connection without a hello is closed soon after its last reply, a link is not', async () => {
  const { address } = await startNode({ limits: { closeDelayMs: 60 } });
  const [client, link] = [await dial(address), await dial(address)];
  await link.ask(hello);
  await client.ask(ping);
  await client.ask(ping);
  await until(() => client.ended, 'the end');
  client.socket.end();
  expect(await link.ask(ping)).toEqual({ message_type: 'pong' });
  expect(link.ended).toBe(false);
});

test('a connection that sends nothing, or only white space, is closed', async () => {
  const { address } = await startNode({ limits: { idleTimeoutMs: 60 } });
  const [mute, blank] = [await dial(address), await dial(address)];
  const timer = setInterval(() => blank.send('\n'), 5);
  await until(() => mute.ended && blank.ended, 'both ends');
  clearInterval(timer);
  expect(mute.text + blank.text).toBe('');
});

test('a slow sender gets an error and is closed, however steadily it sends, while others are served', async () => {
  const { address } = await startNode({ limits: { messageTimeoutMs: 80 } });
  const slow = await dial(address);
  slow.send('{"message_type":"');
  const timer = setInterval(() => slow.send('x'), 5);
  expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
  await until(() => slow.ended, 'the end');
  clearInterval(timer);
  expect(slow.received).toMatchObject([{ message_type: 'error', payload: { code: 'invalid_json' } }]);
});

test('a message of the maximum size is echoed, one byte more closes the connection before it is all read', async () => {
  const { address } = await startNode();
  const text = (size: number) => `{"message_type":"echo","payload":"${'x'.repeat(size - 36)}"}`;
  const client = await dial(address);
  expect(text(1_048_576)).toHaveLength(1_048_576);
  const reply = await client.ask(text(1_048_576));
  expect(reply.payload).toHaveLength(1_048_576 - 36);
  client.send(text(1_048_577));
  expect(await client.next()).toMatchObject({ message_type: 'error', payload: { code: 'too_large' } });
  await until(() => client.ended, 'the end');
  const endless = await dial(address);
  const timer = setInterval(() => endless.send('[1,'.repeat(20_000)), 1);
  await until(() => endless.closed, 'the close');
  clearInterval(timer);
});

test('an error replaces a reply that would be too large', async () => {
  const { address } = await startNode({ limits: { maxMessage: 2_048 } });
  const client = await dial(address);
  const reply = await client.ask(`{"message_type":"echo","payload":[${Array(200).fill('1e20').join()}]}`);
  expect(reply).toMatchObject({ message_type: 'error', payload: { code: 'too_large' } });
  expect(await client.ask(ping)).toEqual({ message_type: 'pong' });
});

test('both ends can send a message of the maximum size at once', async () => {
  const peer = await new FakePeer(greet).start();
  const { address, node } = await startNode();
  node.addPeer(peer.listen);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  const data = 'x'.repeat(1_048_000);
  // The peer sends requests on the link while the node sends on it.
  peer.clients[0]!.send({ message_type: 'ping', payload: data }).send({ message_type: 'ping', payload: data });
  node.gossip({ id: 'a', data });
  node.gossip({ id: 'b', data });
  await until(() => peer.got('pong').length === 2 && peer.got('gossip').length === 2, 'everything');
  const client = await dial(address);
  client.socket.pause();
  for (let sent = 0; sent < 3; sent++) client.send({ message_type: 'echo', payload: data });
  client.socket.resume();
  await until(() => client.received.length === 3, 'the replies');
});

test('a client that does not read costs little memory, and gets its replies when it does', async () => {
  const { address, node } = await startNode({ limits: { messagesBurst: 1e9, messagesPerSecond: 1e9 } });
  const client = await dial(address);
  client.socket.pause();
  const payload = 'x'.repeat(50_000);
  const count = 600;
  for (let sent = 0; sent < count; sent++) client.send({ message_type: 'echo', payload });
  expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
  // About 30 MB of replies are requested; requests beyond the system's buffers are not even read.
  await until(() => client.socket.writableLength > 0, 'the node to stop reading');
  let before = -1;
  while (before !== node.status().counters.messages_in) {
    before = node.status().counters.messages_in;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(before).toBeLessThan(count);
  client.socket.resume();
  await until(() => client.received.length === count, 'the replies');
});

test('a client that never reads is closed', async () => {
  const { address, node } = await startNode({
    limits: { messagesBurst: 1e9, messagesPerSecond: 1e9, idleTimeoutMs: 150 },
  });
  const client = await dial(address);
  client.socket.pause();
  const payload = 'x'.repeat(50_000);
  for (let sent = 0; sent < 600; sent++) client.send({ message_type: 'echo', payload });
  await until(() => node.status().inbound === 0, 'the end');
});

test('messages beyond the rate limit are read slowly, after one error, and all answered', async () => {
  const { address, logged } = await startNode({ limits: { messagesBurst: 10, messagesPerSecond: 200 } });
  const client = await dial(address);
  const start = performance.now();
  client.send(PING.repeat(200));
  client.socket.end();
  expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
  await until(() => client.ended, 'the end');
  expect(performance.now() - start).toBeGreaterThan(900);
  const types = client.received.map(({ message_type }) => message_type);
  expect(types.filter((type) => type === 'pong')).toHaveLength(200);
  expect(types.filter((type) => type === 'error')).toHaveLength(1);
  expect(client.received[10]).toMatchObject({ payload: { code: 'rate_limited' } });
  expect(logged.filter(({ what }) => what === 'rate_limited')).toHaveLength(1);
});

test('a link has a higher rate limit', async () => {
  const { address } = await startNode({ limits: { messagesBurst: 10, messagesPerSecond: 1, linkMessagesBurst: 500 } });
  const client = await dial(address);
  client.send(hello).send(PING.repeat(499));
  await until(() => client.received.length === 500, 'the replies');
  expect(client.received.every(({ message_type }) => message_type !== 'error')).toBe(true);
});

test('idle connections are evicted for new ones, links are not', async () => {
  const { address, node } = await startNode({ limits: { maxInboundPerAddress: 3 } });
  const link = await dial(address);
  await link.ask(hello);
  const idle = [await dial(address), await dial(address)];
  await until(() => node.status().inbound === 3, 'all connections');
  for (let dialed = 0; dialed < 20; dialed++) {
    expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
  }
  await until(() => idle.every(({ closed, ended }) => closed || ended), 'the idle ones to go');
  expect(await link.ask(ping)).toEqual({ message_type: 'pong' });
  expect(node.status().inbound).toBeLessThanOrEqual(3);
});

test('a link beyond the limit is refused with an error', async () => {
  const { address } = await startNode({ limits: { maxInbound: 2 } });
  for (let links = 0; links < 2; links++) await (await dial(address)).ask(hello);
  const third = await dial(address);
  expect(await third.next()).toMatchObject({ message_type: 'error', payload: { code: 'rate_limited' } });
  await until(() => third.ended, 'the end');
});

test('unfinished messages are limited together: the connection with the largest is dropped', async () => {
  const { address, node, logged } = await startNode({ limits: { maxHeld: 420_000, messageTimeoutMs: AGES } });
  const small = await dial(address);
  small.send('{"message_type":');
  const large = await dial(address);
  large.send(`{"message_type":"${'x'.repeat(200_000)}`);
  await until(() => node.status().counters.bytes_in > 200_000, 'the first');
  const larger = await dial(address);
  larger.send(`{"message_type":"${'x'.repeat(250_000)}`);
  await until(() => large.closed || larger.closed, 'the end of one');
  await until(() => node.status().counters.bytes_in > 400_000 || larger.closed, 'the rest');
  expect(await small.ask('"ping"}')).toEqual({ message_type: 'pong' });
  expect(logged.filter(({ event }) => event === 'memory_short')).toHaveLength(1);
});

test('unread replies are limited together', async () => {
  const limits = { maxHeld: 3_000_000, messagesBurst: 1e9, messagesPerSecond: 1e9 };
  const { address, node, logged } = await startNode({ limits });
  const payload = 'x'.repeat(1_000_000);
  for (let clients = 0; clients < 10; clients++) {
    const client = await dial(address);
    client.socket.pause();
    for (let sent = 0; sent < 8; sent++) client.send({ message_type: 'echo', payload });
  }
  await until(() => logged.some(({ event }) => event === 'memory_short'), 'the bound');
  expect(node.status().inbound).toBeLessThan(10);
  expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
});

test.each([
  ['resets in the middle of a message', '{"message_type":"pi', true],
  ['is gone before the reply', PING.repeat(100), true],
  ['closes in the middle of a message', '{"message_type":"pi', false],
])('a client that %s does no harm', async (_, text, reset) => {
  const { address, node } = await startNode();
  const client = await dial(address);
  client.send(text);
  await until(() => node.status().counters.bytes_in > 0, 'the bytes');
  if (reset) client.socket.resetAndDestroy();
  else client.socket.end();
  await until(() => node.status().inbound === 0, 'the end');
  if (!reset) {
    // The node may close it before this end has read the reply.
    await until(() => client.received.length > 0, 'the error');
    expect(client.received).toMatchObject([{ payload: { code: 'invalid_json' } }]);
  }
  expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
});

test('stop sends pending replies, closes every connection and frees the port', async () => {
  const peer = await new FakePeer(greet).start();
  const { address, node } = await startNode();
  node.addPeer(peer.listen);
  await until(() => node.status().peers[0]?.mode === 'link', 'the link');
  const [client, idle] = [await dial(address), await dial(address)];
  await client.ask(ping);
  await node.stop();
  await until(() => client.ended && idle.ended && peer.clients[0]!.ended, 'the ends');
  const next = await startNode({ port: address.port });
  expect(next.address.port).toBe(address.port);
});

test('fifty nodes run in one process', async () => {
  const nodes = await Promise.all(
    Array.from({ length: 50 }, (_, n) => startNode({ name: `n${n}`, host: `127.0.1.${n + 1}` })),
  );
  for (const [n, { node }] of nodes.entries()) {
    for (const step of [1, 7]) node.addPeer(nodes[(n + step) % 50]!.listen);
  }
  await until(() => nodes.every(({ node }) => node.status().peers.every(({ mode }) => mode === 'link')), 'all links');
  nodes[0]!.node.gossip({ id: 'a' });
  await until(() => nodes.every(({ node }) => node.status().counters.gossip_received === 1), 'the gossip everywhere');
});
