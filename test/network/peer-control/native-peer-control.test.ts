import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDirectDialer } from '../../../src/network/dialer.ts';
import { NativePeerControl } from '../../../src/network/peer-control/native-peer-control.ts';
import { Decoder, encode, type Message } from '../../../src/protocol/index.ts';
import { cleanUp, startNode } from '../../support/test-node.ts';

const dialer = createDirectDialer('127.0.0.1');
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await cleanUp();
});

/** Starts a node that replies as `answer` says; undefined: it closes the connection without a reply. */
async function startFakeNode(answer: (message: Message) => Message | undefined) {
  const received: Message[] = [];
  const server = createServer((socket) => {
    const decoder = new Decoder();
    socket
      .on('error', () => {})
      .on('data', (chunk: Buffer) => {
        for (const { message } of decoder.push(chunk)) {
          if (!message) continue;
          received.push(message);
          const reply = answer(message);
          if (reply) socket.write(encode(reply));
          else socket.destroy();
        }
      });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { received, port, control: new NativePeerControl({ name: 'n1', host: '127.0.0.1', port }, dialer) };
}

const PEERS = { message_type: 'peers', payload: ['10.0.0.2:3000'] };
const STATUS = {
  message_type: 'status',
  payload: { peers: [{ peer: '10.0.0.2:3000', state: 'up', rtt_ms: 0.5, rtt_age_ms: 20 }, { peer: 7 }] },
};
const answerOnly =
  (...types: string[]) =>
  ({ message_type }: Message) => {
    if (!types.includes(message_type)) return undefined;
    return message_type === 'get_status' ? STATUS : PEERS;
  };

describe('a node that reports its network', () => {
  const status = (fields: object) => () => ({ message_type: 'status', payload: { name: 'n7', peers: [], ...fields } });
  const ask = async (fields: object) => {
    const { port } = await startFakeNode(status(fields));
    const far = { ...dialer, network: { name: 'far', id: 'r1' } };
    return new NativePeerControl({ name: 'n1', host: '127.0.0.1', port }, far, new Set(['n1', 'n7']));
  };

  it.each([
    ['no network, as a node of another make', {}],
    ['its name', { network: 'far' }],
    ['its name and id', { name: 'n1', network: 'far', network_id: 'r1' }],
    ['its name and id, and no name of its own', { name: undefined, network: 'far', network_id: 'r1' }],
    ['its name and id, and a name that no node has', { name: 'mine', network: 'far', network_id: 'r1' }],
    ['what is no network', { network: 7, network_id: [] }],
  ])('is accepted with %s', async (_, fields) => {
    expect(await (await ask(fields)).list()).toEqual({ node: 'n1', source: 'get_status', peers: [] });
  });

  it('is an error where it is another node of the network', async () => {
    const control = await ask({ network: 'far', network_id: 'r1' });
    const error = {
      code: 'wrong_network',
      message: expect.stringMatching(/:\d+ is n7 of "far", not n1 of "far"$/),
      hint: expect.stringContaining('try again'),
    };
    await expect(control.list()).rejects.toMatchObject(error);
    await expect(control.readStatus()).rejects.toMatchObject(error);
  });

  it.each([
    [{ network: 'near', network_id: 'r1' }, /:\d+ is n7 of the network "near", not n1 of "far"$/],
    [{ network: 'far', network_id: 'r2' }, /:\d+ is n7 of another network "far" \(r2\), not n1 of "far" \(r1\)$/],
  ])('is an error with %j', async (fields, message) => {
    const control = await ask(fields);
    const error = {
      code: 'wrong_network',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('subnet'),
    };
    await expect(control.list()).rejects.toMatchObject(error);
    await expect(control.readStatus()).rejects.toMatchObject(error);
  });
});

describe("reading a node's own report", () => {
  it('returns the payload of its status, and undefined where it gives none or does not run', async () => {
    const { control } = await startFakeNode(answerOnly('get_status'));
    expect(await control.readStatus()).toEqual(STATUS.payload);
    const { control: silent } = await startFakeNode(answerOnly('get_peers'));
    expect(await silent.readStatus()).toBeUndefined();
    const gone = new NativePeerControl({ name: 'n1', host: '127.0.0.1', port: 1 }, dialer);
    expect(await gone.readStatus()).toBeUndefined();
  });
});

describe('listing the peers of a node', () => {
  it.each([
    ['link', { connectedAt: expect.any(Number) }],
    ['oneshot', {}],
  ])('knows since when it is connected to one with mode %s', async (mode, expected) => {
    const peer = { peer: '10.0.0.2:3000', state: 'up', mode, since: 7 };
    const { control } = await startFakeNode(() => ({ message_type: 'status', payload: { peers: [peer] } }));
    const { peers } = await control.list();
    expect(peers).toEqual([{ address: '10.0.0.2:3000', connected: true, ...expected }]);
  });

  it('uses get_status where the node answers it', async () => {
    const { control, received } = await startFakeNode(answerOnly('get_status'));
    expect(await control.list({ measureRoundTrips: true })).toEqual({
      node: 'n1',
      source: 'get_status',
      peers: [{ address: '10.0.0.2:3000', connected: true, rtt: 0.5, rttAgeMs: 20 }],
    });
    expect(received).toEqual([{ message_type: 'get_status', payload: { ping: true } }]);
  });

  it('falls back to get_peers, and remembers that', async () => {
    const { control, received } = await startFakeNode(answerOnly('get_peers'));
    const report = { node: 'n1', source: 'get_peers', peers: [{ address: '10.0.0.2:3000' }] };
    expect(await control.list()).toEqual(report);
    expect(await control.list()).toEqual(report);
    expect(received.map(({ message_type }) => message_type)).toEqual(['get_status', 'get_peers', 'get_peers']);
  });

  it('reports a node that answers neither, and one that does not run', async () => {
    const { control } = await startFakeNode(() => undefined);
    expect(await control.list()).toEqual({ node: 'n1', source: 'none', peers: [] });
    const gone = new NativePeerControl({ name: 'n2', host: '127.0.0.1', port: 9 }, dialer);
    expect(await gone.list()).toEqual({ node: 'n2', source: 'down', peers: [] });
    expect(await gone.missingCapabilities()).toBeUndefined();
    expect(await gone.change([{ type: 'add', address: '10.0.0.2:3000' }])).toMatchObject([{ status: 'unreachable' }]);
  });
});

describe('capabilities that a node lacks', () => {
  it.each([
    [['get_status', 'remove_peer'], []],
    [['get_status'], ['remove_peer']],
    [['get_peers', 'remove_peer'], ['get_status']],
    [['get_peers'], ['get_status', 'remove_peer']],
    [['remove_peer'], ['get_status', 'get_peers']],
    [[], ['get_status', 'get_peers', 'remove_peer']],
  ])('of one that answers %j: %j', async (answered, lacks) => {
    const { control } = await startFakeNode(answerOnly(...answered));
    expect(await control.missingCapabilities()).toEqual(lacks);
  });
});

describe('changing the peers of a node', () => {
  it('returns the changes that the node accepted, refused and did not answer', async () => {
    const { address } = await startNode();
    const node = new NativePeerControl({ name: 'n1', ...address }, dialer);
    await node.list();
    expect(
      await node.change([
        { type: 'add', address: '127.0.0.1:9' },
        { type: 'add', address: 'no address' },
        { type: 'remove', address: '127.0.0.1:9' },
      ]),
    ).toMatchObject([
      { status: 'accepted' },
      { status: 'refused', reason: { code: 'invalid_payload' } },
      { status: 'accepted' },
    ]);
    node.close();
    const { control } = await startFakeNode(() => undefined);
    expect(await control.change([{ type: 'add', address: '127.0.0.1:9' }])).toEqual([{ status: 'unanswered' }]);
  });

  it('asks an unknown node once what it is, before it sends several', async () => {
    const { control, received } = await startFakeNode(answerOnly('get_status', 'add_peer'));
    const changes = [1, 2, 3].map((host) => ({ type: 'add' as const, address: `10.0.0.${host}:3000` }));
    const accepted = changes.map(() => ({ status: 'accepted' }));
    expect(await control.change(changes)).toEqual(accepted);
    expect(await control.change(changes.slice(1))).toEqual(accepted.slice(1));
    expect(await control.change([])).toEqual([]);
    const types = received.map(({ message_type }) => message_type);
    expect(types).toEqual(['get_status', ...Array.from({ length: 5 }, () => 'add_peer')]);
  });
});
