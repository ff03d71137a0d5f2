import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { encode, type Message } from '../../../src/protocol/index.ts';
import { type Client, cleanUp, dial, FakePeer, greet, startNode, type TestNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

const announce = { kind: 'announce' } as const;
const ping = { message_type: 'ping' };
const gossip = (id: string, more = {}): Message => ({ message_type: 'gossip', payload: { id, ...more } });
const ihave = (...ids: string[]): Message => ({ message_type: 'ihave', payload: { ids } });
const iwant = (...ids: string[]): Message => ({ message_type: 'iwant', payload: { ids } });

/** Answers every hello as a node that understands announcements. */
function listen(client: Client, peer: FakePeer): void {
  client.socket.on('data', () => {
    if (client.received.at(-1)?.message_type !== 'hello') return;
    client.send({ message_type: 'hello', payload: { name: 'listener', listen: peer.listen, ihave: true } });
  });
}

/** Starts a node that announces, with a link to each of some peers. */
async function startAnnouncer(reacts: ((client: Client, peer: FakePeer) => void)[], limits = {}) {
  const peers = await Promise.all(reacts.map((react) => new FakePeer(react).start()));
  const hub = await startNode({ strategy: announce, limits });
  for (const peer of peers) hub.node.addPeer(peer.listen);
  await until(() => hub.node.status().peers.every(({ mode }) => mode !== null), 'the links');
  return { hub, peers };
}

/** Opens a connection that has said hello. */
async function greeted({ address }: TestNode, name: string): Promise<Client> {
  const client = await dial(address);
  await client.ask({ message_type: 'hello', payload: { name } });
  return client;
}

/** Returns what was received on a connection, without hellos and pongs, after the node has handled everything sent. */
async function receivedBy(client: Client): Promise<Message[]> {
  const pongs = () => client.received.filter(({ message_type }) => message_type === 'pong').length;
  const before = pongs();
  client.send(ping);
  await until(() => pongs() > before, 'the pong');
  return client.received.filter(({ message_type }) => message_type !== 'hello' && message_type !== 'pong');
}

describe('announcing gossip', () => {
  test('sends ihave, and the gossip on request, with one more hop', async () => {
    const { hub, peers } = await startAnnouncer([listen, listen]);
    const sender = await dial(hub.address);
    sender.send(gossip('a', { data: [1], hops: 4 }));
    await until(() => peers.every((peer) => peer.got('ihave').length === 1), 'the announcements');
    expect(peers.map((peer) => peer.got('ihave'))).toEqual([[ihave('a')], [ihave('a')]]);
    const [asking, silent] = peers.map((peer) => peer.clients[0]!);
    asking!.send(iwant('a'));
    expect((await receivedBy(asking!)).at(-1)).toEqual(gossip('a', { data: [1], hops: 5 }));
    expect(await receivedBy(silent!)).toEqual([ihave('a')]);
    expect(hub.node.status()).toMatchObject({
      gossip: 'announce',
      counters: { gossip_announced: 2, gossip_forwarded: 1, dropped: 0 },
    });
  });

  test('sends the gossip itself to a peer that may not understand announcements', async () => {
    const { hub, peers } = await startAnnouncer([greet, () => {}, listen], { helloWaitMs: 500 });
    hub.node.gossip({ id: 'a' });
    await until(() => peers.slice(0, 2).every((peer) => peer.got('gossip').length === 1), 'the gossip');
    await until(() => peers[2]!.got('ihave').length === 1, 'the announcement');
    expect(peers.map((peer) => peer.got('gossip').length)).toEqual([1, 1, 0]);
    expect(peers.map((peer) => peer.got('ihave').length)).toEqual([0, 0, 1]);
  });

  test('sends gossip once on a connection, and ignores unknown and expired ids', async () => {
    const { hub, peers } = await startAnnouncer([listen], { maxKept: 2_500 });
    for (const id of ['a', 'b', 'c']) hub.node.gossip({ id, data: 'x'.repeat(500) });
    const client = peers[0]!.clients[0]!;
    client.send(iwant('a', 'nonsense', 'b', 'c', 'c')).send(iwant('b'));
    const given = (await receivedBy(client)).filter(({ message_type }) => message_type === 'gossip');
    expect(given).toMatchObject([{ payload: { id: 'b' } }, { payload: { id: 'c' } }]);
    // Any client may request.
    const other = await dial(hub.address);
    expect(await other.ask(iwant('c'))).toMatchObject({ payload: { id: 'c' } });
  });

  test('sends gossip larger than the message cache without announcing it', async () => {
    const { hub, peers } = await startAnnouncer([listen], { maxKept: 1_024 });
    hub.node.gossip({ id: 'a', data: 'x'.repeat(2_000) });
    await until(() => peers[0]!.got('gossip').length === 1, 'the gossip');
    expect(peers[0]!.got('ihave')).toEqual([]);
  });

  test('stops sending to a peer that requests more than it reads, which stays connected', async () => {
    const maxSendQueue = 100_000;
    const { hub, peers } = await startAnnouncer([listen], { maxSendQueue, maxKept: 64 * 1_048_576 });
    const COUNT = 40;
    const ids = Array.from({ length: COUNT }, (_, n) => `message-${n}`);
    for (const id of ids) hub.node.gossip({ id, data: 'x'.repeat(900_000) });
    const client = peers[0]!.clients[0]!;
    await until(() => peers[0]!.got('ihave').length === COUNT, 'the announcements');
    client.socket.pause();
    client.send(iwant(...ids));
    const counters = () => hub.node.status().counters;
    await until(() => counters().gossip_forwarded + counters().dropped === COUNT, 'an end');
    expect(counters().dropped).toBeGreaterThan(0);
    client.socket.resume();
    await until(() => peers[0]!.got('gossip').length === counters().gossip_forwarded, 'what was given');
    expect(hub.node.status().peers[0]).toMatchObject({ mode: 'link', attempts: 0 });
    expect(await receivedBy(client)).toHaveLength(COUNT + counters().gossip_forwarded);
  });

  test('sends the gossip to a client without a hello, and closes the connection', async () => {
    const { hub } = await startAnnouncer([listen], { closeDelayMs: 30 });
    hub.node.gossip({ id: 'a' });
    const client = await dial(hub.address);
    expect(await client.ask(iwant('a'))).toEqual(gossip('a', { hops: 1 }));
    await until(() => client.ended, 'the end');
  });
});

describe('requesting gossip', () => {
  test('requests announced gossip once, on the same connection', async () => {
    const node = await startNode();
    node.node.gossip({ id: 'known' });
    const [one, two] = [await greeted(node, 'one'), await greeted(node, 'two')];
    one.send(ihave('a', 'known', 'b', 'a')).send(ihave('a'));
    expect(await receivedBy(one)).toEqual([iwant('a', 'b')]);
    two.send(ihave('b', 'c')).send(ihave('known'));
    expect(await receivedBy(two)).toEqual([iwant('c')]);
    one.send(gossip('a', { hops: 3 })).send(gossip('b'));
    await receivedBy(one);
    two.send(ihave('a', 'b'));
    expect(await receivedBy(two)).toHaveLength(1);
    expect(node.logged.filter(({ event }) => event === 'gossip_received')).toMatchObject([
      { id: 'known' },
      { id: 'a', from: 'one', hops: 3 },
      { id: 'b', from: 'one', hops: 0 },
    ]);
    expect(node.node.status().counters).toMatchObject({ gossip_asked: 3, gossip_late: 0, gossip_duplicate: 0 });
  });

  test('accepts announcements on a link that it dialed', async () => {
    const peer = await new FakePeer(listen).start();
    const { node } = await startNode();
    node.addPeer(peer.listen);
    await until(() => node.status().peers[0]?.mode === 'link', 'the link');
    peer.clients[0]!.send(ihave('a'));
    expect(await receivedBy(peer.clients[0]!)).toEqual([iwant('a')]);
  });

  test('asks another peer when the first does not deliver in time, whose late copy is a duplicate', async () => {
    const at = { now: 0 };
    const node = await startNode({ limits: { wantTimeoutMs: 40 }, now: () => at.now });
    const [one, two] = [await greeted(node, 'one'), await greeted(node, 'two')];
    one.send(ihave('a'));
    expect(await receivedBy(one)).toEqual([iwant('a')]);
    two.send(ihave('a'));
    expect(await receivedBy(two)).toEqual([]);
    at.now += 40;
    await until(() => two.received.some(({ message_type }) => message_type === 'iwant'), 'the second request');
    two.send(gossip('a'));
    await receivedBy(two);
    one.send(gossip('a'));
    await receivedBy(one);
    expect(node.node.status().counters).toMatchObject({
      gossip_asked: 2,
      gossip_late: 1,
      gossip_received: 1,
      gossip_duplicate: 1,
    });
  });

  test('asks no other peer for gossip that arrived in time', async () => {
    const at = { now: 0 };
    const node = await startNode({ limits: { wantTimeoutMs: 40 }, now: () => at.now });
    const [one, two] = [await greeted(node, 'one'), await greeted(node, 'two')];
    one.send(ihave('a', 'b'));
    await receivedBy(one);
    two.send(ihave('a'));
    await receivedBy(two);
    one.send(gossip('a'));
    await receivedBy(one);
    at.now += 40;
    await until(() => node.logged.some(({ event }) => event === 'gossip_late'), 'the request to the other to time out');
    expect(node.logged.filter(({ event }) => event === 'gossip_late')).toMatchObject([{ id: 'b' }]);
    expect(await receivedBy(two)).toEqual([]);
  });

  test('asks another peer at once when the first disconnects', async () => {
    const node = await startNode({ limits: { wantTimeoutMs: 3_600_000 } });
    const [one, two] = [await greeted(node, 'one'), await greeted(node, 'two')];
    one.send(ihave('a'));
    await receivedBy(one);
    two.send(ihave('a'));
    await receivedBy(two);
    one.socket.destroy();
    await until(() => two.received.some(({ message_type }) => message_type === 'iwant'), 'the second request');
    two.send(gossip('a'));
    await receivedBy(two);
    expect(node.node.status().counters.gossip_received).toBe(1);
  });

  test('gives up gossip that no peer delivers, and requests it again when it is announced again', async () => {
    const node = await startNode({ limits: { wantTimeoutMs: 20 } });
    const client = await greeted(node, 'one');
    client.send(ihave('a'));
    await receivedBy(client);
    await until(() => node.logged.some(({ event }) => event === 'gossip_late'), 'the request to time out');
    expect(node.logged).toContainEqual(expect.objectContaining({ event: 'gossip_late', id: 'a', asking: 0 }));
    client.send(ihave('a'));
    expect(await receivedBy(client)).toEqual([iwant('a'), iwant('a')]);
  });

  test('requests more gossip than it can remember announcements of', async () => {
    const node = await startNode({ limits: { maxWanted: 10, maxListedIds: 100, wantTimeoutMs: 3_600_000 } });
    const client = await greeted(node, 'one');
    const ids = Array.from({ length: 100 }, (_, n) => `message-${n}`);
    client.send(ihave(...ids));
    expect(await receivedBy(client)).toEqual([iwant(...ids)]);
    // Only remembered ids are not requested again.
    client.send(ihave(...ids.slice(90)));
    expect(await receivedBy(client)).toHaveLength(1);
    client.send(ihave(ids[0]!));
    expect((await receivedBy(client)).at(-1)).toEqual(iwant(ids[0]!));
  });
});

describe('hostile peers', () => {
  const most = 5;
  const bad: unknown[] = [
    undefined,
    null,
    'a',
    ['a'],
    {},
    { ids: 'a' },
    { ids: {} },
    { ids: [] },
    { ids: [''] },
    { ids: [1] },
    { ids: ['a', null] },
    { ids: ['x'.repeat(257)] },
    { ids: Array.from({ length: most + 1 }, (_, n) => String(n)) },
  ];
  const cases = ['ihave', 'iwant'].flatMap((message_type) => bad.map((payload) => ({ message_type, payload })));

  test.each(cases)('refuses $message_type with $payload as a whole', async (message) => {
    const node = await startNode({ limits: { maxListedIds: most } });
    const client = await greeted(node, 'one');
    client.send(message);
    expect(await receivedBy(client)).toMatchObject([{ message_type: 'error', payload: { code: 'invalid_payload' } }]);
    expect(node.node.status().counters).toMatchObject({ gossip_asked: 0, gossip_forwarded: 0 });
  });

  test('limits the rate of announcements, and serves others meanwhile', async () => {
    const node = await startNode({ limits: { linkMessagesBurst: 50, linkMessagesPerSecond: 200, maxWanted: 20 } });
    const [flooder, other] = [await greeted(node, 'flooder'), await greeted(node, 'other')];
    for (let n = 0; n < 300; n++) flooder.send(ihave(...Array.from({ length: 100 }, (_, id) => `fake-${n}-${id}`)));
    expect(await other.ask(ping)).toEqual({ message_type: 'pong' });
    await until(() => flooder.received.some(({ message_type }) => message_type === 'error'), 'the error');
    expect(flooder.received.find(({ message_type }) => message_type === 'error')).toMatchObject({
      payload: { code: 'rate_limited' },
    });
    other.send(ihave('real'));
    expect(await receivedBy(other)).toEqual([iwant('real')]);
  });

  test('delivers gossip in spite of announcers that deliver nothing, and come and go', async () => {
    const node = await startNode({ limits: { wantTimeoutMs: 20 } });
    const liars = await Promise.all(Array.from({ length: 8 }, (_, n) => greeted(node, `liar-${n}`)));
    for (const liar of liars) {
      liar.send(ihave('a'));
      await receivedBy(liar);
    }
    const honest = await greeted(node, 'honest');
    honest.send(ihave('a'));
    for (const liar of liars.slice(0, 4)) liar.socket.destroy();
    await until(() => honest.received.some(({ message_type }) => message_type === 'iwant'), 'the request');
    honest.send(gossip('a'));
    await receivedBy(honest);
    expect(node.node.status().counters.gossip_received).toBe(1);
  });

  test('keeps answering whatever is announced, requested and sent, by whom and in which order', async () => {
    const limits = { messagesPerSecond: 1e9, messagesBurst: 1e9, wantTimeoutMs: 10, maxWanted: 8, maxKept: 4_096 };
    const node = await startNode({ strategy: announce, limits });
    const listener = await new FakePeer(listen).start();
    node.node.addPeer(listener.listen);
    await until(() => node.node.status().peers[0]?.mode === 'link', 'the link');
    const id = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'é\u0000', 'x'.repeat(256));
    const said = fc.oneof(
      fc.record({
        message_type: fc.constantFrom('ihave', 'iwant'),
        payload: fc.record({ ids: fc.array(id, { maxLength: 9 }) }),
      }),
      fc.record({ message_type: fc.constant('gossip'), payload: fc.record({ id, data: fc.string() }) }),
      fc.record({ message_type: fc.constantFrom('ihave', 'iwant'), payload: fc.jsonValue() }),
      fc.constant({ message_type: 'hello', payload: { name: 'me', ihave: true } }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(2), said), { maxLength: 30 }), fc.boolean(), async (all, reset) => {
        const clients = [await dial(node.address), await dial(node.address), listener.clients[0]!];
        for (const [by, message] of all) clients[by]!.send(encode(message));
        for (const client of clients) await receivedBy(client);
        for (const { socket } of clients.slice(0, 2)) reset ? socket.resetAndDestroy() : socket.end();
      }),
      { numRuns: 150 },
    );
    expect(node.logged.filter(({ level }) => level === 'error')).toEqual([]);
    expect(node.node.status().peers[0]).toMatchObject({ mode: 'link', attempts: 0 });
  });
});
