import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { formatAddress } from '../../../src/protocol/index.ts';
import { closedPort } from '../../support/closed-port.ts';
import { type Client, cleanUp, dial, FakePeer, greet, startNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

const ping = { message_type: 'ping' };
const quick = { redialMinMs: 20, redialMaxMs: 200, helloWaitMs: 60 };

/** Writes the same bytes for as long as the connection is open. */
function pour(client: Client, bytes: Buffer): void {
  const { socket } = client;
  const write = () => {
    while (!socket.destroyed && socket.write(bytes)) if (socket.writableLength > 0) break;
  };
  socket.on('drain', () => setTimeout(write, 20));
  write();
}

/** Behaviour of a misbehaving peer on one connection, whichever end dialed it. */
const behaviours: [string, (client: Client) => void][] = [
  ['serves one message a connection', (client) => client.socket.once('data', () => client.socket.end('{"ok":1}\n\n'))],
  ['closes at once', (client) => void client.socket.destroy()],
  ['answers with text', (client) => client.socket.on('data', () => client.socket.write('220 hello, who is this?\r\n'))],
  [
    'replies without message_type',
    (client) => client.socket.on('data', () => client.socket.write('{"payload":[]}\n\n')),
  ],
  ['never reads', (client) => void client.socket.pause()],
  ['accepts and sends nothing', () => {}],
  [
    'resets inside a message',
    (client) => void client.socket.write('{"message_type":"pi', () => client.socket.resetAndDestroy()),
  ],
  ['sends white space without end', (client) => pour(client, Buffer.alloc(65_536, ' \n'))],
  ['sends a message over the limit', (client) => pour(client, Buffer.from(`{"message_type":"${'x'.repeat(65_536)}`))],
  ['answers everything with an error', (client) => answer(client, '{"message_type":"error","payload":null}\n\n')],
  ['repeats everything', (client) => void client.socket.pipe(client.socket)],
  ['half-closes at once', (client) => void client.socket.end()],
  ['answers everything with an empty hello', (client) => answer(client, '{"message_type":"hello","payload":{}}\n\n')],
  ['answers everything with a ping', (client) => answer(client, '{"message_type":"ping"}\n\n')],
  ['sends replies without requests', (client) => client.send({ message_type: 'peers', payload: ['nonsense', 7] })],
  ['answers with deeply nested JSON', (client) => answer(client, `{"a":${'['.repeat(5_000)}\n\n`)],
  ['speaks HTTP', (client) => answer(client, 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
];

/** Answers each chunk with the same text, a limited number of times, so that two of these do not go on for ever. */
function answer(client: Client, text: string): void {
  let left = 200;
  client.socket.on('data', () => void (left-- > 0 && client.socket.write(text)));
}

describe('misbehaving peers', () => {
  test('do no harm all at once, dialed and dialing: a client is answered, gossip arrives, the status is right', async () => {
    const { node, address, logged } = await startNode({
      name: 'keeper',
      limits: { ...quick, maxInboundPerAddress: 512, idleTimeoutMs: 2_000, messageTimeoutMs: 1_000 },
    });
    const peersOfEachKind = await Promise.all(behaviours.map(([, behave]) => new FakePeer(behave).start()));
    const good = await new FakePeer(greet).start();
    for (const { listen } of [...peersOfEachKind, good]) node.addPeer(listen);
    // They also dial the node, again and again, as nodes that redial do: once per round of gossip, so that on a slow machine
    // they do not come faster than they go.
    const visit = () => {
      for (const [, behave] of behaviours) void dial(address).then(behave, () => {});
    };
    visit();
    await until(
      () => node.status().peers.every(({ mode, attempts }) => mode !== null || attempts > 1),
      'all peers to be known',
    );
    const client = await dial(address);
    await client.ask({ message_type: 'hello', payload: { name: 'visitor' } });
    for (let round = 0; round < 20; round++) {
      visit();
      expect(await client.ask({ message_type: 'ping', payload: round })).toEqual({
        message_type: 'pong',
        payload: round,
      });
      client.send({ message_type: 'gossip', payload: { id: `message-${round}`, data: 'x'.repeat(10_000) } });
      await until(() => good.got('gossip').length === round + 1, 'the gossip at the good peer');
      expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
    }
    const { peers, counters } = node.status();
    expect(peers.map(({ peer }) => peer)).toEqual([...peersOfEachKind, good].map(({ listen }) => listen));
    expect(peers.at(-1)).toMatchObject({ state: 'up', mode: 'link', name: 'fake', reason: null });
    // None of the others said a valid hello, so each gets one connection a message.
    for (const [index, status] of peers.slice(0, -1).entries()) {
      const [kind] = behaviours[index]!;
      expect(status, kind).toMatchObject({ name: null, rtt_ms: null });
      // A reset can come before the node has noticed the connection.
      if (kind.startsWith('resets')) continue;
      expect(status, kind).toMatchObject({ state: 'up', mode: 'oneshot', reason: null });
    }
    expect(counters.gossip_received).toBe(20);
    expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
  }, 30_000);

  test.each(behaviours)('leave no trace: one that %s', async (_, behave) => {
    const { node, address } = await startNode({
      limits: { idleTimeoutMs: 200, messageTimeoutMs: 200, closeDelayMs: 50 },
    });
    for (let count = 0; count < 5; count++) behave(await dial(address));
    expect(await (await dial(address)).ask(ping)).toEqual({ message_type: 'pong' });
    await until(() => node.status().inbound === 0, 'all of them to be gone');
  });
});

describe('identity of peers', () => {
  test('nodes that repeatedly dial each other at the same moment have a link each way', async () => {
    const nodes = await Promise.all([1, 2, 3, 4].map((n) => startNode({ name: `n${n}` })));
    const pairs = nodes.flatMap((a) => nodes.filter((b) => b !== a).map((b) => [a, b] as const));
    for (let round = 0; round < 10; round++) {
      for (const [a, b] of pairs) a.node.addPeer(b.listen);
      await until(
        () => nodes.every(({ node }) => node.status().peers.every(({ mode }) => mode === 'link')),
        'all links',
      );
      await until(() => nodes.every(({ node }) => node.status().inbound === 3), 'all inbound connections');
      nodes[0]!.node.gossip({ id: `round-${round}` });
      await until(
        () => nodes.every(({ node }) => node.status().counters.gossip_received === round + 1),
        'the gossip everywhere',
      );
      for (const [a, b] of pairs) a.node.removePeer(b.listen);
      await until(() => nodes.every(({ node }) => node.status().inbound === 0), 'all links to be gone');
    }
  });

  const elsewhere = ['127.0.0.2', '[::1]', 'localhost', '[::ffff:127.0.0.3]'];
  test.each(elsewhere)('a node on all addresses recognizes itself as %s', async (host) => {
    const { node, address } = await startNode({ host: '0.0.0.0' });
    node.addPeer(`${host}:${address.port}`);
    expect(node.peers()).toEqual([]);
    expect(node.status().counters.dials).toBe(0);
  });

  test('a node recognizes itself after dialing, among several addresses of itself and another node', async () => {
    const { node, address } = await startNode({ limits: quick });
    const other = await startNode({ name: 'other' });
    // Each forwards to another address, as a published port of a container does.
    const detour = (to: { host: string; port: number }) =>
      new FakePeer((client) => {
        client.socket.pause();
        void dial(to, '127.0.0.5').then((far) => client.socket.pipe(far.socket).pipe(client.socket));
      }).start('127.0.0.4');
    const [one, two, three] = await Promise.all([detour(address), detour(other.address), detour(address)]);
    for (const { listen } of [one, two, three]) node.addPeer(listen);
    await until(() => node.peers().length === 1 && node.status().peers[0]?.mode === 'link', 'one peer to be left');
    expect(node.status().peers).toMatchObject([{ peer: two.listen, name: 'other' }]);
  });

  test('a peer that moves is redialed at its old address, and a peer at its new one when added', async () => {
    const { node, address } = await startNode({ limits: quick });
    const before = await startNode({ name: 'mover' });
    node.addPeer(before.listen);
    await until(() => node.status().peers[0]?.mode === 'link', 'the link');
    await before.node.stop();
    const after = await startNode({ name: 'mover', host: '127.0.0.2' });
    const client = await dial(address, '127.0.0.2');
    await client.ask({ message_type: 'add_peer', payload: after.address.port });
    await until(() => node.status().peers[1]?.mode === 'link', 'the link to the new address');
    await until(() => node.status().peers[0]?.state !== 'up', 'the old one to be down');
    expect(node.status().peers).toMatchObject([{ peer: before.listen }, { peer: after.listen, name: 'mover' }]);
    // From its new address it may not remove the old one; from the old address it may.
    await client.ask({ message_type: 'remove_peer', payload: before.listen });
    expect(node.peers()).toHaveLength(2);
    expect(node.gossip({ id: 'a' })).toBe(true);
    await until(() => after.node.status().counters.gossip_received === 1, 'the gossip at the new address');
    node.removePeer(before.listen);
    expect(node.peers()).toEqual([after.listen]);
  });

  test('a node that restarts at its address is linked again', async () => {
    const { node } = await startNode({ limits: quick });
    const port = await closedPort();
    node.addPeer(`127.0.0.1:${port}`);
    for (const name of ['first', 'second']) {
      const run = await startNode({ name, port });
      await until(() => node.status().peers[0]?.name === name, `the ${name} run`);
      await run.node.stop();
      await until(() => node.status().peers[0]?.state !== 'up', 'the end of the link');
    }
  });

  test('a peer may be named by its host name', async () => {
    const { node, address } = await startNode({ name: 'n1' });
    // localhost may be ::1, 127.0.0.1 or both.
    const peer = await startNode({ name: 'n2', host: undefined });
    const client = await dial(address);
    const listen = `localhost:${peer.address.port}`;
    const reply = await client.ask({ message_type: 'add_peer', payload: `LocalHost:${peer.address.port}` });
    expect(reply.payload).toEqual([listen]);
    await until(() => node.status().peers[0]?.mode === 'link', 'the link');
    expect(node.status().peers[0]).toMatchObject({ peer: listen, name: 'n2' });
    node.gossip({ id: 'a' });
    await until(() => peer.node.status().counters.gossip_received === 1, 'the gossip');
    await client.ask({ message_type: 'remove_peer', payload: listen });
    expect(node.peers()).toEqual([]);
  });
});

const ipv6 = await new Promise<boolean>((resolve) => {
  const probe = createTcpServer()
    .on('error', () => resolve(false))
    .listen(0, '::1', () => probe.close(() => resolve(true)));
});
describe.skipIf(!ipv6)(`IPv6${ipv6 ? '' : ' (skipped: this machine has no ::1)'}`, () => {
  test('two nodes on ::1 link to and remove each other', async () => {
    const a = await startNode({ name: 'a', host: '::1' });
    const b = await startNode({ name: 'b', host: '::1' });
    const client = await dial(a.address, '::1');
    const listen = formatAddress(b.address);
    expect(listen).toMatch(/^\[::1\]:\d+$/);
    // The unabbreviated address is the same peer.
    for (const payload of [
      listen,
      `[0:0:0:0:0:0:0:1]:${b.address.port}`,
      { host: '::1', port: b.address.port },
      b.address.port,
    ]) {
      expect((await client.ask({ message_type: 'add_peer', payload })).payload).toEqual([listen]);
    }
    await until(() => a.node.status().peers[0]?.mode === 'link', 'the link');
    b.node.addPeer(formatAddress(a.address));
    await until(() => b.node.status().peers[0]?.mode === 'link', 'the link back');
    a.node.gossip({ id: 'a' });
    await until(() => b.node.status().counters.gossip_received === 1, 'the gossip');
    expect(b.node.status().counters.gossip_forwarded).toBe(0);
    expect((await client.ask({ message_type: 'remove_peer', payload: listen })).payload).toEqual([]);
  });

  test('a node on all addresses has peers by IPv4 and IPv6', async () => {
    const a = await startNode({ name: 'a', host: undefined });
    const four = await startNode({ name: 'four' });
    const six = await startNode({ name: 'six', host: '::1' });
    a.node.addPeer(four.listen);
    a.node.addPeer(formatAddress(six.address));
    await until(() => a.node.status().peers.every(({ mode }) => mode === 'link'), 'both links');
    expect(a.node.status().peers.map(({ name }) => name)).toEqual(['four', 'six']);
    // IPv4 connections to a dual-stack socket are known by the IPv4 address.
    const client = await dial({ ...a.address, host: '127.0.0.1' });
    const port = await closedPort();
    const reply = await client.ask({ message_type: 'add_peer', payload: port });
    expect((reply.payload as string[]).at(-1)).toBe(`127.0.0.1:${port}`);
  });

  test('a node on ::1 recognizes itself', async () => {
    const { node, address } = await startNode({ host: '::1' });
    node.addPeer(formatAddress(address));
    node.addPeer(`[0::1]:${address.port}`);
    expect(node.peers()).toEqual([]);
  });
});
