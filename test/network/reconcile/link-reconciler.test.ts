import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDirectDialer, errorWithCode } from '../../../src/network/dialer.ts';
import { addressesByName } from '../../../src/network/node-names.ts';
import { LinkReconciler } from '../../../src/network/reconcile/link-reconciler.ts';
import { reconcileLinks } from '../../../src/network/reconcile/reconcile-links.ts';
import { restorePeers } from '../../../src/network/reconcile/restore-peers.ts';
import type { RunningNode } from '../../../src/network/running-network.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { closedPort } from '../../support/closed-port.ts';
import { cleanUp, FakePeer, startNode, type TestNode } from '../../support/test-node.ts';

afterEach(cleanUp);

const signal = new AbortController().signal;

/** Starts nodes and gives what the reconciler needs of a network; `links` are the declared ones. */
async function startNetwork(names: readonly string[], links: string) {
  const started = new Map<string, TestNode>();
  for (const name of names) started.set(name, await startNode({ name }));
  const stopped = new Set<string>();
  const addresses = new Map([...started].map(([name, { address }]) => [name, address]));
  return {
    started,
    stopped,
    topology: parseTopology(`nodes: [${names}]\nlinks: [${links}]`, { file: 'net.yaml', name: 'net' }),
    dialer: createDirectDialer('127.0.0.1'),
    addresses,
    nodes: async () =>
      [...addresses].map(
        ([name, address]): RunningNode => ({ name, ...address, state: stopped.has(name) ? 'exited' : 'running' }),
      ),
  };
}

describe('reconciling links', () => {
  it('adds what is missing, removes what is not declared, and returns when links are connected', async () => {
    const network = await startNetwork(['a', 'b', 'c'], 'a -> b');
    const address = addressesByName(network);
    network.started.get('a')!.node.addPeer(address.get('c')!);
    await reconcileLinks(network, network.topology.links, { timeoutMs: 5_000, signal });
    const reconciler = new LinkReconciler({ network, links: network.topology.links });
    const { report } = await reconciler.converge('a', { timeoutMs: 0 });
    reconciler.close();
    expect(report.peers).toMatchObject([{ address: address.get('b'), connected: true }]);
  });

  it('waits as long as it may where the clock of the machine is set meanwhile', async () => {
    const network = await startNetwork(['a', 'b'], 'a -> b');
    let hours = 0;
    const wall = vi.spyOn(Date, 'now').mockImplementation(() => ++hours * 3_600_000);
    try {
      await reconcileLinks(network, network.topology.links, { timeoutMs: 30_000, signal });
    } finally {
      wall.mockRestore();
    }
  });

  it('does not wait for links to nodes that do not run, or for nodes that ended meanwhile', async () => {
    const network = await startNetwork(['a', 'b', 'c'], '');
    await network.started.get('b')!.node.stop();
    network.stopped.add('b');
    await network.started.get('c')!.node.stop();
    const nodes = await network.nodes();
    network.stopped.add('c');
    const links = [
      { from: 'a', to: 'b' },
      { from: 'c', to: 'a' },
    ];
    await reconcileLinks(network, links, { timeoutMs: 5_000, signal, nodes });
  });

  it('fails with the links that are not connected in time', async () => {
    const network = await startNetwork(['a', 'b'], 'a -> b');
    await network.started.get('b')!.node.stop();
    const failing = reconcileLinks(network, network.topology.links, { timeoutMs: 300, signal });
    await expect(failing).rejects.toMatchObject({
      code: 'not_verified',
      message: expect.stringMatching(
        /^the graph is not the declared one after 0.3 s without progress\n {2}down: b\n {2}not connected: a -> b/,
      ),
    });
  });

  it('dials a node anew that was started after its link', async () => {
    const network = await startNetwork(['a', 'b'], 'a -> b');
    const b = addressesByName(network).get('b')!;
    const changes: string[] = [];
    // It takes a connection for a live one whose other end was gone before b started.
    const peer = new FakePeer((client) => {
      client.socket.on('data', () => {
        for (const { message_type: type, payload } of client.received.splice(0)) {
          if (type !== 'get_status') changes.push(`${type} ${payload}`);
          const since = changes.length > 0 ? 0 : 3_600;
          client.send({ message_type: 'status', payload: { peers: [{ peer: b, state: 'up', since }] } });
        }
      });
    });
    const [host, port] = (await peer.start()).listen.split(':') as [string, string];
    network.addresses.set('a', { host, port: Number(port) });
    await reconcileLinks(network, network.topology.links, { timeoutMs: 5_000, signal });
    expect(changes).toEqual([`remove_peer ${b}`, `add_peer ${b}`]);
  });

  it('is not stuck as long as links come up', async () => {
    const peers = Array.from({ length: 15 }, (_, index) => `b${index}`);
    const addresses = new Map(peers.map((name, index) => [name, { host: '10.0.0.1', port: 3_000 + index }]));
    let connected = 0;
    // Each time it is asked, one more link is up.
    const node = await new FakePeer((client) => {
      client.socket.on('data', () => {
        connected++;
        const states = peers.map((_, index) => ({
          peer: `10.0.0.1:${3_000 + index}`,
          state: index < connected ? 'up' : 'down',
        }));
        client.send({ message_type: 'status', payload: { peers: states } });
      });
    }).start();
    const [host, port] = node.listen.split(':') as [string, string];
    addresses.set('a', { host, port: Number(port) });
    const links = peers.map((to) => ({ from: 'a', to }));
    const reconciler = new LinkReconciler({ network: { addresses, dialer: createDirectDialer('127.0.0.1') }, links });
    const began = performance.now();
    const timeoutMs = 1_000;
    const { drift } = await reconciler.converge('a', { timeoutMs });
    reconciler.close();
    expect(performance.now() - began).toBeGreaterThan(timeoutMs);
    expect(drift.broken).toEqual([]);
  });

  it('asks a part of a large network at a time, so that none is asked again before all were asked', async () => {
    const names = Array.from({ length: 300 }, (_, index) => `n${index}`);
    const addresses = new Map(names.map((name, index) => [name, { host: '10.0.0.1', port: 3_000 + index }]));
    const asked: number[] = [];
    let atOnce = 0;
    let most = 0;
    const dialer = {
      async connect(_: string, port: number): Promise<never> {
        asked.push(port);
        most = Math.max(most, ++atOnce);
        await setImmediate();
        atOnce--;
        throw errorWithCode('ECONNREFUSED');
      },
      close() {},
    };
    const links = names.map((from) => ({ from, to: from === 'n0' ? 'n1' : 'n0' }));
    const reconciler = new LinkReconciler({ network: { addresses, dialer }, links });
    await Promise.all(names.map((name) => reconciler.converge(name, { timeoutMs: 0 })));
    reconciler.close();
    expect(new Set(asked).size).toBe(300);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThan(100);
  });

  it('ends with the reason of its signal', async () => {
    const network = await startNetwork(['a'], '');
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(reconcileLinks(network, [], { timeoutMs: 300, signal: aborted })).rejects.toThrow('enough');
  });
});

describe('restoring the peers of a node', () => {
  it('waits for the node, and needs no connection to its peers', async () => {
    const network = await startNetwork(['a', 'b'], 'a -> b');
    const { started, addresses } = network;
    await started.get('b')!.node.stop();
    await started.get('a')!.node.stop();
    const restoring = restorePeers(network, ['a'], { timeoutMs: 5_000 });
    await startNode({ name: 'a', port: addresses.get('a')!.port });
    expect(await restoring).toEqual([]);
  });

  it('gives up on a node after the timeout, and names it; the others have their peers', async () => {
    const network = await startNetwork(['a', 'b', 'c'], 'b -> c');
    const { started, addresses } = network;
    for (const name of ['a', 'b']) await started.get(name)!.node.stop();
    const b = await startNode({ name: 'b', port: addresses.get('b')!.port });
    expect(await restorePeers(network, ['a', 'b'], { timeoutMs: 200 })).toEqual(['a']);
    expect(b.node.status().peers).toHaveLength(1);
  });
});

it('restores the peers of a node but for one that is missing', async () => {
  const network = await startNetwork(['a', 'b'], 'a -> b');
  const topology = parseTopology('nodes: [a, b, c]\nlinks: [a -> b, a -> c]', { file: 'net.yaml', name: 'net' });
  expect(await restorePeers({ ...network, topology }, ['a'], { timeoutMs: 5_000 })).toEqual([]);
  expect(network.started.get('a')!.node.status().peers).toHaveLength(1);
});

describe('links that do not connect for a while', () => {
  it.each([
    ['are looked into once', false],
    ['get their time anew where something was in their way', true],
  ])('%s', async (_, wasInWay) => {
    const port = await closedPort();
    const network = await startNetwork(['a'], '');
    const addresses = new Map([...network.addresses, ['b', { host: '127.0.0.1', port }]]);
    const links = [{ from: 'a', to: 'b' }];
    let lookedAtMs = 0;
    const onStalled = vi.fn(async () => {
      lookedAtMs = performance.now();
      return wasInWay;
    });
    const reconciler = new LinkReconciler({ network: { ...network, addresses }, links, onStalled });
    const began = performance.now();
    const { drift } = await reconciler.converge('a', { timeoutMs: 1_000 });
    const ended = performance.now();
    reconciler.close();
    expect(drift.broken).toEqual(links);
    expect(onStalled).toHaveBeenCalledTimes(1);
    expect(ended - (wasInWay ? lookedAtMs : began)).toBeGreaterThanOrEqual(1_000);
    expect(lookedAtMs - began).toBeGreaterThanOrEqual(500);
  });
});

describe('applying changes while nodes start', () => {
  it('waits for both ends of a link', async () => {
    const network = await startNetwork(['a', 'b'], 'a -> b');
    const reconciler = new LinkReconciler({ network, links: network.topology.links, starting: ['a', 'b'] });
    let sent = false;
    const applying = reconciler.apply('a', [{ type: 'add', to: 'b' }], 5_000).then(() => {
      sent = true;
    });
    expect(await reconciler.waitUntilListening('a', 5_000)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toBe(false);
    await reconciler.waitUntilListening('b', 5_000);
    await applying;
    await expect(reconciler.apply('a', [{ type: 'add', to: 'no address' }], 5_000)).rejects.toMatchObject({
      code: 'not_verified',
      message: expect.stringMatching(/^a refused add_peer "no address"/),
    });
    reconciler.close();
  });
});
