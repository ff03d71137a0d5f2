import { afterEach, describe, expect, test } from 'vitest';
import { encode, type Message, PROTOCOL_VERSION, ProtocolError, type Status } from '../../../src/protocol/index.ts';
import { closedPort } from '../../support/closed-port.ts';
import { type Client, cleanUp, dial, FakePeer, greet, startNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

test('replies come in order, each as one line and a blank line, and the connection is closed', async () => {
  const { address } = await startNode();
  const client = await dial(address);
  const values = [0, -1.5, true, null, '', 'é\n\n\u0000', '\ud800', [], {}, [[{ a: [] }]], { message_type: 'ping' }];
  for (const payload of values) client.send({ message_type: 'echo', payload });
  client.send('{"message_type":"echo"}{"message_type":"ping","payload":{"n":1},"more":2}');
  client.send('{"payload":{"__proto__":1,"a":null},"message_type":"echo"}');
  client.socket.end();
  await until(() => client.ended, 'the end');
  const expected = [
    ...values.map((payload) => encode({ message_type: 'echo', payload }).toString()),
    '{"message_type":"echo"}\n\n',
    '{"message_type":"pong","payload":{"n":1}}\n\n',
    '{"message_type":"echo","payload":{"__proto__":1,"a":null}}\n\n',
  ];
  expect(client.text).toBe(expected.join(''));
});

test.each([
  ['not json\n\n', 'invalid_json'],
  ['{"message_type":"ping"\n\n', 'invalid_json'],
  ['[]', 'invalid_message'],
  ['{}', 'invalid_message'],
  ['{"message_type":7}', 'invalid_message'],
  ['{"message_type":"echo","payload":9007199254740993}', 'invalid_message'],
  ['{"message_type":"nonsense"}', 'unknown_type'],
  ['{"message_type":"Ping"}', 'unknown_type'],
  ['{"message_type":"constructor"}', 'unknown_type'],
  ['{"message_type":"__proto__"}', 'unknown_type'],
  ['{"message_type":"add_peer"}', 'invalid_payload'],
  ['{"message_type":"add_peer","payload":"127.0.0.1:0"}', 'invalid_payload'],
  ['{"message_type":"add_peer","payload":65536}', 'invalid_payload'],
  ['{"message_type":"remove_peer","payload":[]}', 'invalid_payload'],
  ['{"message_type":"gossip","payload":{}}', 'invalid_payload'],
  ['{"message_type":"chat","payload":{}}', 'invalid_payload'],
  ['{"message_type":"hello"}', 'invalid_payload'],
  [`{"message_type":"echo","payload":${'['.repeat(100_000)}\n\n`, 'too_deep'],
])('%s is answered with %s, and the next message is handled', async (text, code) => {
  const { address, node } = await startNode();
  const client = await dial(address);
  expect(await client.ask(text)).toMatchObject({
    message_type: 'error',
    payload: { code, message: expect.any(String) },
  });
  expect(await client.ask({ message_type: 'ping' })).toEqual({ message_type: 'pong' });
  expect(client.received).toHaveLength(2);
  expect(node.peers()).toEqual([]);
});

test.each(['pong', 'peers', 'status', 'error'])('%s is never answered', async (message_type) => {
  const { address } = await startNode();
  const client = await dial(address);
  for (const payload of [undefined, null, 1, ['127.0.0.1:1'], { code: 1 }]) client.send({ message_type, payload });
  expect(await client.ask({ message_type: 'ping' })).toEqual({ message_type: 'pong' });
});

test('an unknown type is quoted in part', async () => {
  const { address } = await startNode();
  const client = await dial(address);
  await client.ask({ message_type: 'x'.repeat(100_000) });
  expect(client.text.length).toBeLessThan(300);
});

test('64 levels are echoed', async () => {
  const { address } = await startNode();
  const text = `{"message_type":"echo","payload":${'['.repeat(63)}${']'.repeat(63)}}`;
  const client = await dial(address);
  await client.ask(text);
  expect(client.text).toBe(`${text}\n\n`);
});

test('chat is logged with its sender, and cut', async () => {
  const { address, logged } = await startNode();
  const client = await dial(address);
  client.send({ message_type: 'chat', payload: 'hi' });
  await client.ask({ message_type: 'hello', payload: { name: 'n2' } });
  client.send({ message_type: 'chat', payload: 'x'.repeat(100_000) });
  await client.ask({ message_type: 'ping' });
  expect(logged.filter(({ event }) => event === 'chat')).toEqual([
    expect.objectContaining({ level: 'info', node: 'n1', text: 'hi', from: '127.0.0.1' }),
    expect.objectContaining({ text: `${'x'.repeat(256)}…`, from: 'n2' }),
  ]);
});

describe('hello and status', () => {
  test('a hello is answered with a hello', async () => {
    const { address, listen } = await startNode({ name: 'n7' });
    const client = await dial(address);
    const reply = await client.ask({
      message_type: 'hello',
      payload: { name: 'me', listen: '127.0.0.1:1', version: '1' },
    });
    expect(reply).toEqual({
      message_type: 'hello',
      payload: { name: 'n7', listen, version: PROTOCOL_VERSION, id: expect.any(String), ihave: true },
    });
  });

  test('status reports the links', async () => {
    const peer = await new FakePeer(greet).start();
    const dead = `127.0.0.1:${await closedPort()}`;
    const { address, listen, node } = await startNode({ name: 'n7' });
    node.addPeer(peer.listen);
    node.addPeer(dead);
    await until(() => node.status().peers.every(({ state }) => state !== 'dialing'), 'both dials');
    const client = await dial(address);
    const { payload } = await client.ask({ message_type: 'get_status' });
    const status = payload as Status;
    expect(status).toMatchObject({ name: 'n7', version: PROTOCOL_VERSION, listen, inbound: 1, gossip: 'flood' });
    expect(status).not.toHaveProperty('seed');
    expect(status.peers).toMatchObject([
      { peer: peer.listen, state: 'up', mode: 'link', name: 'fake', attempts: 0, reason: null },
      { peer: dead, mode: null, name: null, rtt_ms: null, reason: 'ECONNREFUSED' },
    ]);
    expect(status.peers[0]?.rtt_ms).toBeGreaterThan(0);
    expect(status.peers[1]?.attempts).toBeGreaterThan(0);
    expect(status.counters).toMatchObject({ messages_in: 2, inbound_accepted: 1 });
    expect(status.memory.rss).toBeGreaterThan(1_000_000);
  });
});

test('status counts the traffic of each link over all its connections, one-shot ones included', async () => {
  const limits = { redialMinMs: 1, redialMaxMs: 5, helloWaitMs: 30 };
  const [peer, mute] = await Promise.all([new FakePeer(greet).start(), new FakePeer(() => {}).start()]);
  const { node } = await startNode({ limits });
  node.addPeer(peer.listen);
  node.addPeer(mute.listen);
  await until(() => node.status().peers.every(({ mode }) => mode !== null), 'the links');
  node.gossip({ id: 'a', data: 'é' });
  await until(() => peer.got('gossip').length + mute.got('gossip').length === 2, 'the gossip');
  peer.clients[0]!.socket.destroy();
  await until(() => peer.got('hello').length === 2 && node.status().peers[0]?.mode === 'link', 'another connection');
  const sentTo = (fake: FakePeer) => Buffer.byteLength(fake.clients.map(({ text }) => text).join(''));
  // A one-shot message is counted once it has left.
  await until(() => node.status().peers[1]?.messages_out === 2, 'the count');
  const [link, oneshot] = node.status().peers;
  const reply = encode({ message_type: 'hello', payload: { name: 'fake', listen: peer.listen, id: peer.listen } });
  expect(link).toMatchObject({
    messages_in: 2,
    messages_out: 3,
    bytes_in: 2 * reply.length,
    bytes_out: sentTo(peer),
  });
  expect(oneshot).toMatchObject({ messages_in: 0, messages_out: 2, bytes_in: 0, bytes_out: sentTo(mute) });
  expect(node.status().counters).toMatchObject({
    messages_in: 2,
    messages_out: 5,
    bytes_in: 2 * reply.length,
    bytes_out: sentTo(peer) + sentTo(mute),
  });
});

describe('handlers', () => {
  test('message types can be added and replaced', async () => {
    const { address, logged } = await startNode({
      handlers: [
        [
          'get_blocks',
          ({ payload }, { sender, peers }) => ({ message_type: 'blocks', payload: [payload, sender.host, peers()] }),
        ],
        ['ping', () => undefined],
        [
          'strict',
          () => {
            throw new ProtocolError('invalid_payload', 'no good');
          },
        ],
        [
          'broken',
          () => {
            throw new Error('a bug');
          },
        ],
        ['later', (_, { sender }) => void setTimeout(() => sender.send({ message_type: 'now' }), 5)],
      ],
    });
    const client = await dial(address);
    client.send({ message_type: 'ping' });
    expect(await client.ask({ message_type: 'get_blocks', payload: 3 })).toEqual({
      message_type: 'blocks',
      payload: [3, '127.0.0.1', []],
    });
    expect(await client.ask({ message_type: 'strict' })).toEqual({
      message_type: 'error',
      payload: { code: 'invalid_payload', message: 'no good' },
    });
    expect(await client.ask({ message_type: 'broken' })).toMatchObject({ payload: { code: 'invalid_message' } });
    expect(logged).toContainEqual(expect.objectContaining({ level: 'error', event: 'handler_failed', type: 'broken' }));
    expect(await client.ask({ message_type: 'later' })).toEqual({ message_type: 'now' });
  });
});

describe('get_status with ping', () => {
  const answerPings = (client: Client) =>
    client.socket.on('data', () => {
      const message = client.received.at(-1);
      if (message?.message_type === 'ping') client.send({ message_type: 'pong', payload: message.payload });
    });
  const askForPings = { message_type: 'get_status', payload: { ping: true } };
  const firstPeer = async (reply: Promise<Message>) => ((await reply).payload as Status).peers[0]!;

  test('measures round trips that are more than a second old, and replies when they are there', async () => {
    let now = 0;
    const peer = await new FakePeer((client, self) => {
      greet(client, self);
      answerPings(client);
    }).start();
    const { address, node } = await startNode({ now: () => now });
    node.addPeer(peer.listen);
    await until(() => node.status().peers[0]?.mode === 'link', 'the link');
    const client = await dial(address);
    expect((await firstPeer(client.ask(askForPings))).rtt_age_ms).toBe(0);
    now += 1_500;
    expect((await firstPeer(client.ask({ message_type: 'get_status' }))).rtt_age_ms).toBe(1_500);
    expect(peer.got('ping')).toHaveLength(0);
    expect((await firstPeer(client.ask(askForPings))).rtt_age_ms).toBe(0);
    expect(peer.got('ping')).toHaveLength(1);
  });

  test('replies after a second where a peer answers no pings, and measures once for all who ask', async () => {
    let now = 0;
    const peer = await new FakePeer(greet).start();
    const { address, node } = await startNode({ now: () => now });
    node.addPeer(peer.listen);
    await until(() => node.status().peers[0]?.mode === 'link', 'the link');
    now += 5_000;
    const clients = await Promise.all([dial(address), dial(address)]);
    const ages = await Promise.all(clients.map((client) => firstPeer(client.ask(askForPings))));
    expect(ages).toMatchObject([{ rtt_age_ms: 5_000 }, { rtt_age_ms: 5_000 }]);
    expect(peer.got('ping')).toHaveLength(1);
  });

  test('replies at once where there is no link', async () => {
    const { address, node } = await startNode();
    node.addPeer(`127.0.0.1:${await closedPort()}`);
    expect(await firstPeer((await dial(address)).ask(askForPings))).toMatchObject({ rtt_ms: null, rtt_age_ms: null });
  });
});

test('what of a hello is not used is logged', async () => {
  const { address, logged } = await startNode();
  const client = await dial(address);
  const refused = await client.ask({ message_type: 'hello', payload: { name: 'n2', listen: 'nowhere' } });
  expect(refused).toMatchObject({ message_type: 'error', payload: { code: 'invalid_payload' } });
  const hello = { message_type: 'hello', payload: { name: 'n2', listen: '0.0.0.0:4000', link: 'x', more: 1 } };
  await client.ask(hello);
  await client.ask(hello);
  const events = logged.filter(({ event }) => String(event).startsWith('hello_'));
  expect(events).toMatchObject([
    { event: 'hello_refused', from: '127.0.0.1', reason: '"nowhere" has no port' },
    { event: 'hello_fields_ignored', from: '127.0.0.1', name: 'n2', fields: 'link, more' },
  ]);
});
