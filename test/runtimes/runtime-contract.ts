import { describe, expect, it } from 'vitest';
import {
  Devnet,
  DevnetError,
  type DevnetOptions,
  hasNoDrift,
  hopsFrom,
  type LogEntry,
  type NodeNames,
  type RuntimeName,
  shapes,
  type TopologyInput,
} from '../../src/index.ts';

/**
 * Tests of the testing library that every runtime has to pass.
 * @param isUp returns whether anything of a network is left
 */
export function runtimeContract(engine: RuntimeName, isUp: (net: Devnet<string>) => Promise<boolean>): void {
  const up = <const Source extends TopologyInput>(
    source: Source,
    options: DevnetOptions = {},
    // Artifacts of expected failures have a suite of their own.
  ): Promise<Devnet<NodeNames<Source>>> =>
    Devnet.up({ name: 'lib', ...source }, { engine, artifacts: false, ...options });
  const LINE = { nodes: ['a', 'b', 'c', 'd'], links: ['a <-> b <-> c <-> d'] } as const;
  const TWO_PARTS = { nodes: ['a', 'b', 'c', 'd'], links: ['a <-> b', 'c <-> d'] } as const;

  describe('up', () => {
    it('returns when the graph matches the topology, and leaves nothing at the end of the block', async () => {
      let gone: Devnet<string>;
      {
        await using net = await up(shapes.ring(5));
        expect(net.name).toMatch(/^lib-[0-9a-f]{8}$/);
        expect(net.nodes.map(({ name }) => name)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
        const { links, drift, nodes } = await net.graph();
        expect(hasNoDrift(drift)).toBe(true);
        expect(pairs(links)).toEqual(pairs(net.topology.links));
        expect(nodes.map(({ state }) => state)).toEqual(Array(5).fill('running'));
        expect(await net.node('n1').peers()).toEqual(['n2', 'n5']);
        expect(await isUp(net)).toBe(true);
        gone = net;
      }
      expect(await isUp(gone)).toBe(false);
    });

    it('reads a topology file', async () => {
      await using net = await Devnet.up('devnet/one-way.yaml', { engine });
      expect(net.name).toMatch(/^one-way-[0-9a-f]{8}$/);
      expect(pairs((await net.graph()).links)).toEqual(pairs(net.topology.links));
    });

    it('reports every mistake in a topology', async () => {
      const wrong = up({ nodes: ['a', 'B'], links: ['a -> z'] });
      await expect(wrong).rejects.toMatchObject({
        code: 'topology_invalid',
        message: expect.stringMatching(/nodes\[1\][\s\S]*links\[0\]/),
      });
    });

    it('names a node that cannot start, and leaves nothing', async () => {
      const failing = up({ nodes: { a: {}, b: { env: { DEVNET_MAX_PEERS: 'none' } } } });
      await expect(failing).rejects.toMatchObject({
        code: 'node_died',
        message: expect.stringMatching(/^b [\s\S]*DEVNET_MAX_PEERS/),
      });
    });

    it('rejects with the reason of its signal', async () => {
      await expect(up(LINE, { signal: AbortSignal.abort(new Error('no more time')) })).rejects.toThrow('no more time');
      const abort = new AbortController();
      const coming = up(shapes.ring(8), { signal: abort.signal });
      setImmediate(() => abort.abort(new Error('changed my mind')));
      await expect(coming).rejects.toThrow('changed my mind');
    });

    it('brings up several networks at once, each with its own addresses', async () => {
      const nets = await Promise.all([1, 2, 3].map(() => up(TWO_PARTS)));
      try {
        const addresses = nets.flatMap(({ nodes }) => nodes.map(({ address }) => address));
        expect(new Set(addresses).size).toBe(12);
        await nets[0]?.down();
        for (const net of nets.slice(1)) expect(hasNoDrift((await net.graph()).drift)).toBe(true);
      } finally {
        await Promise.all(nets.map((net) => net.down()));
      }
    });
  });

  describe('a node', () => {
    it('answers the messages it is sent', async () => {
      await using net = await up(LINE);
      const a = net.node('a');
      expect(await a.send('ping', { n: 1 })).toEqual({ message_type: 'pong', payload: { n: 1 } });
      expect(await a.send('chat', 'good morning')).toBeUndefined();
      expect(await a.send('gossip', { no: 'id' })).toMatchObject({ message_type: 'error' });
      expect(await a.send('get_blocks')).toMatchObject({ message_type: 'error', payload: { code: 'unknown_type' } });
      const status = await a.status();
      expect(status.name).toBe('a');
      expect(status.peers.map(({ name, state }) => `${name} ${state}`)).toEqual(['b up']);
      const unknown = () => net.node('z' as 'a');
      expect(unknown).toThrow(expect.objectContaining({ code: 'no_such_node', hint: 'its nodes: a, b, c, d' }));
    });

    it('that is killed logs nothing, and comes back with its address and its peers', async () => {
      await using net = await up(LINE);
      const b = net.node('b');
      const { address } = b;
      await b.kill();
      expect(await b.state()).toBe('exited');
      await expect(b.send('ping')).rejects.toMatchObject({ code: 'node_unreachable' });
      await net.waitFor(async () => (await net.graph()).drift.broken.length === 2);
      expect((await net.graph()).drift).toMatchObject({ down: ['b'], missing: [], extra: [] });
      await b.start();
      await net.converged();
      expect(b.address).toBe(address);
      expect(await logged(net.logs({ follow: false, event: 'stopping' }))).toEqual([]);
      expect(await logged(b.logs({ follow: false, event: 'listening' }))).toHaveLength(2);
    });

    it('that does not run is neither killed nor stopped a second time', async () => {
      await using net = await up({ nodes: ['a', 'b'] });
      await net.node('a').kill();
      await net.node('a').kill();
      await net.node('a').stop();
      expect(await net.node('a').state()).toBe('exited');
    });

    it('that is restarted logs that it stops', async () => {
      await using net = await up(LINE);
      const c = net.node('c');
      const [ended] = await happening(c.logs({ event: ['listening', 'node_ended'] }), () => c.restart(), 'node_ended');
      expect(ended?.fields).toMatchObject({ of: 'c', exit_code: 0 });
      expect(await c.state()).toBe('running');
      expect(await logged(c.logs({ follow: false, event: 'stopping' }))).toHaveLength(1);
      await net.converged();
    });
  });

  describe('the graph', () => {
    it('has peers and links in the order of the topology, however they were added', async () => {
      await using net = await up({ nodes: ['c', 'a', 'b'] });
      for (const name of ['b', 'a'] as const) await net.node('c').send('add_peer', net.node(name).address);
      await net.waitFor(async () => (await net.graph()).links.length === 2);
      expect(await net.node('c').peers()).toEqual(['a', 'b']);
      const { links, nodes, drift } = await net.graph();
      expect(nodes.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
      expect(links).toEqual([
        ...[
          { from: 'c', to: 'a' },
          { from: 'c', to: 'b' },
        ],
      ]);
      expect(drift.extra).toEqual(links);
    });
  });

  describe('gossip', () => {
    it('returns which nodes received it, when, and over how many hops', async () => {
      await using net = await up(LINE);
      const { id, receipts, reached } = await net.gossip('a', { price: 7 });
      const distances = hopsFrom({ nodes: LINE.nodes, links: net.topology.links }, 'a');
      expect(receipts.map(({ node, hops }) => [node, hops])).toEqual([...distances]);
      expect(reached).toBe(4);
      expect(receipts[0]).toMatchObject({ node: 'a', ms: 0 });
      expect(receipts.every(({ ms, at }, i) => ms >= (receipts[i - 1]?.ms ?? 0) && at.endsWith('Z'))).toBe(true);
      const [one, other] = await Promise.all([net.gossip('d'), net.gossip('b', 'x', { id: 'mine' })]);
      expect(new Set([id, one.id, other.id, 'mine']).size).toBe(3);
    });

    it('does not wait for nodes that do not run', async () => {
      await using net = await up(shapes.mesh(4));
      await net.node('n4').kill();
      const { receipts } = await net.gossip('n1');
      expect(receipts.map(({ node }) => node).sort()).toEqual(['n1', 'n2', 'n3']);
    });

    it('that does not arrive fails with the nodes that miss it and the last lines of the log', async () => {
      await using net = await up(TWO_PARTS);
      expect((await net.gossip('a', 1, { to: ['b'] })).receipts).toHaveLength(2);
      const lost = net.gossip('a', 2, { timeout: 4_000 });
      await expect(lost).rejects.toMatchObject({
        code: 'not_verified',
        message: expect.stringMatching(
          /received by 2 of 4, not by c, d\n[\s\S]*\d b gossip_received id=\S+ from=a hops=1/,
        ),
      });
      await net.node('a').kill();
      await expect(net.gossip('a')).rejects.toMatchObject({ code: 'node_unreachable' });
    });
  });

  describe('logs', () => {
    it('hold past and new entries, filtered, until the loop is left', async () => {
      await using net = await up(LINE);
      const seen: LogEntry[] = [];
      for await (const entry of net.logs({ event: ['listening', 'gossip_received'], nodes: ['a', 'd'] })) {
        seen.push(entry);
        if (seen.length === 2) await net.node('a').send('gossip', { id: 'news' });
        if (seen.length === 4) break;
      }
      expect(seen.map(({ node, event }) => `${node} ${event}`).sort()).toEqual([
        'a gossip_received',
        'a listening',
        'd gossip_received',
        'd listening',
      ]);
      const debug = await logged(net.logs({ follow: false, level: 'error' }));
      expect(debug).toEqual([]);
    });

    it('end when the network is taken down', async () => {
      const net = await up(LINE);
      try {
        let seen = 0;
        const all = (async () => {
          for await (const _ of net.node('a').logs()) seen++;
        })();
        await net.waitFor(() => seen > 0);
        await net.down();
        await all;
      } finally {
        await net.down();
      }
    });
  });

  describe('relink', () => {
    it('changes links without restarting nodes', async () => {
      await using net = await up(shapes.ring(6));
      await net.relink(shapes.star(6));
      expect(await net.node('n1').peers()).toEqual(['n2', 'n3', 'n4', 'n5', 'n6']);
      expect(hasNoDrift((await net.graph()).drift)).toBe(true);
      await net.relink(['n1 -> n2', { link: 'n3 -> n1' }]);
      expect((await net.graph()).links).toEqual([
        ...[
          { from: 'n1', to: 'n2' },
          { from: 'n3', to: 'n1' },
        ],
      ]);
      await net.relink([{ from: 'n2', to: 'n3' }]);
      expect((await net.graph()).links).toEqual([{ from: 'n2', to: 'n3' }]);
      expect(net.topology.links).toEqual([{ from: 'n2', to: 'n3' }]);
      const started = await logged(net.logs({ follow: false, event: 'listening' }));
      expect(started).toHaveLength(6);
    });

    it('does not end a log that is followed', async () => {
      await using net = await up(LINE);
      const change = async () => {
        await net.relink([]);
        await net.node('a').kill();
      };
      const removed = await happening(net.logs(), change, 'node_ended');
      expect(
        removed
          .filter(({ event }) => event === 'peer_removed')
          .map(({ node }) => node)
          .sort(),
      ).toEqual([...['a', 'b', 'b', 'c', 'c', 'd']]);
    });

    it('reaches stopped nodes when they are started', async () => {
      await using net = await up(LINE);
      await net.node('d').kill();
      await net.relink({ nodes: ['a', 'b', 'c', 'd'], links: ['a -> d', 'd -> b'] });
      expect(await net.node('a').peers()).toEqual(['d']);
      await net.node('d').start();
      await net.converged();
      expect(await net.node('d').peers()).toEqual(['b']);
    });

    it('refuses other nodes', async () => {
      await using net = await up(LINE);
      await expect(net.relink(shapes.ring(3))).rejects.toMatchObject({
        code: 'usage',
        message: /n1, n2, n3, a, b, c, d$/,
      });
      await expect(net.relink([{ from: 'a', to: 'z' }])).rejects.toMatchObject({ code: 'usage', message: /: z/ });
    });
  });

  describe('waiting', () => {
    it('returns what the condition returned', async () => {
      await using net = await up(LINE);
      const peers = await net.waitFor(async ({ nodes }) => {
        const all = await nodes[1]?.peers();
        return all?.length === 2 && all;
      });
      expect(peers).toEqual(['a', 'c']);
    });

    it('that times out reports the last value, the drift and the last lines of the log', async () => {
      await using net = await up(LINE);
      await net.node('a').send('remove_peer', net.node('b').address);
      await expect(
        net.waitFor(async () => (await net.node('a').peers()).length === 1, { timeout: 3_000 }),
      ).rejects.toThrow(
        /^timed out after 3 s waiting for async \(\) => .*\n {2}last seen: false \(\d+ attempts?[^)]*\)\n {2}missing: a -> b\n {2}the last lines of the log:\n[\s\S]*peer_removed/,
      );
      const assertion = net.waitFor(() => expect(1).toBe(2), { timeout: 100 });
      await expect(assertion).rejects.toThrow(/last seen: expected 1 to be 2/);
      const hanging = net.waitFor(() => new Promise(() => {}), { timeout: 100 });
      await expect(hanging).rejects.toThrow(/last seen: nothing \(1 attempt; the last one hung for [\d.]+ s\)/);
      await expect(net.converged({ timeout: 3_000 })).rejects.toMatchObject({
        code: 'not_verified',
        message: expect.stringMatching(/waiting for the graph to match the topology\n {2}missing: a -> b/),
      });
    });

    it('rejects when a signal aborts, and when the network is taken down', async () => {
      const abort = new AbortController();
      await using net = await up(TWO_PARTS, { signal: abort.signal });
      const never = () => false;
      await expect(net.waitFor(never, { signal: AbortSignal.abort(new Error('not now')) })).rejects.toThrow('not now');
      await expect(net.graph({ signal: AbortSignal.abort(new Error('nor now')) })).rejects.toThrow('nor now');
      const own = new AbortController();
      const waiting = [net.gossip('a', 1, { signal: own.signal }), net.waitFor(never, { signal: own.signal })];
      setImmediate(() => own.abort(new Error('enough')));
      for (const one of waiting) await expect(one).rejects.toThrow('enough');
      const others = [net.waitFor(never), net.gossip('c')];
      setImmediate(() => abort.abort(new Error('the test is over')));
      for (const one of others) await expect(one).rejects.toThrow('the test is over');
      await using second = await up(LINE);
      const last = second.waitFor(never);
      const told = expect(last).rejects.toBeInstanceOf(DevnetError);
      await second.down();
      await told;
    });
  });
}

function pairs(links: readonly { from: string; to: string }[]): string[] {
  return links.map(({ from, to }) => `${from} ${to}`).sort();
}

/** Returns what a followed log receives from the moment that `act` is called to the event `end`. */
async function happening(log: AsyncIterable<LogEntry>, act: () => Promise<void>, end: string): Promise<LogEntry[]> {
  let done: Promise<void> | undefined;
  const entries: LogEntry[] = [];
  for await (const entry of log) {
    if (done) entries.push(entry);
    // The first entry shows that the log is open: nothing that happens from now on is missed.
    done ??= act();
    if (entry.event === end) break;
  }
  await done;
  return entries;
}

async function logged(log: AsyncIterable<LogEntry>): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const entry of log) entries.push(entry);
  return entries;
}
