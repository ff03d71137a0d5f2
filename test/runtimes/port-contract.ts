import { afterAll, describe, expect, it, vi } from 'vitest';
import { DevnetError, UnsupportedError } from '../../src/index.ts';
import { type Capability, RUNTIME_CAPABILITIES, type RuntimeName } from '../../src/network/capabilities.ts';
import { execAndCollect } from '../../src/network/exec.ts';
import { readConnectedPeers, readGraph } from '../../src/network/links/actual-graph.ts';
import { NO_DRIFT } from '../../src/network/links/drift.ts';
import { CONTROLLER, type LogEntry } from '../../src/network/log-entry.ts';
import { addressesByName, readNamedLog } from '../../src/network/node-names.ts';
import { ReceiptCollector } from '../../src/network/receipt-collector.ts';
import { reconcileLinks, relink } from '../../src/network/reconcile/reconcile-links.ts';
import type { RunningNetwork, StatusOptions } from '../../src/network/running-network.ts';
import type { StartFailureHandler } from '../../src/network/runtime.ts';
import { publishGossip, sendMessage } from '../../src/network/send-message.ts';
import { currentUser } from '../../src/shared/current-user.ts';
import { parseTopology, type Topology } from '../../src/topology/index.ts';

type Start = (topology: Topology, options: { onFailed?: StartFailureHandler }) => Promise<RunningNetwork>;

const TIMEOUT_MS = 20_000;

/**
 * Tests every method of the port on one runtime; what the runtime cannot do has to be refused with an UnsupportedError.
 * Methods that no test has called fail the suite.
 * @param way how the network is reached, for the title
 */
export function portContract(runtime: RuntimeName, start: Start, way = ''): void {
  const called = new Set<string>();
  const methods = new Set<string>();
  let count = 0;

  async function startNetwork(yaml = 'nodes: [a, b, c]\nlinks: [a <-> b <-> c]', onFailed?: StartFailureHandler) {
    const name = `port-${runtime}-${process.pid}-${++count}`;
    const topology = parseTopology(yaml, { file: 'net.yaml', name });
    const network = await start({ ...topology, name }, onFailed ? { onFailed } : {});
    return {
      network: recordCalls(network),
      async [Symbol.asyncDispose]() {
        await network.down();
      },
    };
  }

  function recordCalls(network: RunningNetwork): RunningNetwork {
    for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(network))) {
      if (method !== 'constructor' && typeof network[method as keyof RunningNetwork] === 'function')
        methods.add(method);
    }
    return new Proxy(network, {
      get(target, property) {
        const value = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        called.add(String(property));
        return value.bind(target);
      },
    });
  }

  /** Does what a runtime with this capability can do; of the others, expects the refusal. @returns whether it can */
  async function attempt<T>(capability: Capability, act: () => Promise<T>): Promise<{ value: T } | undefined> {
    if (RUNTIME_CAPABILITIES[runtime].has(capability)) return { value: await act() };
    const refusal = await act().then(
      () => expect.unreachable(`${runtime} took what needs ${capability}`),
      (cause: unknown) => cause,
    );
    expect(refusal).toBeInstanceOf(UnsupportedError);
    expect(refusal).toMatchObject({
      code: 'usage',
      runtime,
      requirements: [{ capability }],
      supportedBy: expect.arrayContaining(['containers']),
      message: expect.stringMatching(new RegExp(`^the ${runtime} runtime does not support: `)),
    });
    return undefined;
  }

  const stateOf = async (network: RunningNetwork, node: string) =>
    (await network.nodes()).find(({ name }) => name === node)?.state;

  const readAll = async (network: RunningNetwork, options = {}): Promise<LogEntry[]> => {
    const entries: LogEntry[] = [];
    for await (const batch of await network.readLog({ follow: false, ...options })) entries.push(...batch);
    return entries;
  };

  const eventually = (check: () => Promise<void>) => vi.waitFor(check, { timeout: TIMEOUT_MS, interval: 50 });

  describe(`the port of the ${runtime} runtime${way}`, () => {
    afterAll(() => {
      methods.delete('startAll');
      expect([...methods].filter((method) => !called.has(method))).toEqual([]);
    });

    it('reports its runtime, topology, nodes and addresses', async () => {
      await using started = await startNetwork();
      const { network } = started;
      expect(network.runtime).toBe(runtime);
      expect(network.name).toBe(network.topology.name);
      expect(network.capabilities).toBe(RUNTIME_CAPABILITIES[runtime]);
      const nodes = await network.nodes();
      expect(nodes.map(({ name, state }) => [name, state])).toEqual(['a', 'b', 'c'].map((name) => [name, 'running']));
      expect([...network.addresses]).toEqual(nodes.map(({ name, host, port }) => [name, { host, port }]));
      // The nodes of a test are on its machine, whose clock may have been set since this process started.
      const { offsetMs, uncertaintyMs } = await network.clockOffset();
      expect(Math.abs(offsetMs)).toBeLessThan(100 + uncertaintyMs);
      const { host, port } = network.addresses.get('a')!;
      const socket = await network.dialer.connect(host, port, TIMEOUT_MS);
      socket.destroy();
      expect(await sendMessage(network, 'a', { message_type: 'ping', payload: 1 })).toEqual({
        message_type: 'pong',
        payload: 1,
      });
      await expect(sendMessage(network, 'z', { message_type: 'ping' })).rejects.toMatchObject({ code: 'no_such_node' });
    });

    it('summarizes what is known without asking nodes', async () => {
      await using started = await startNetwork();
      const { network } = started;
      await network.kill('b');
      const { run, created, subnet, nodes, ...rest } = await network.summary();
      expect(rest).toEqual({ name: network.name, runtime, declared: { nodes: 3, links: 4 } });
      expect(run).toMatch(/^[0-9a-f-]{36}$/);
      expect(Math.abs(Date.now() / 1_000 - created)).toBeLessThan(600);
      expect(subnet).toMatch(/^\d+\.\d+\.\d+\.0\/\d+$/);
      const states = nodes.map(({ name, state, host, port }) => [name, state, host, port]);
      expect(states).toEqual(
        [...network.addresses].map(([name, { host, port }]) => [name, name === 'b' ? 'exited' : 'running', host, port]),
      );
    });

    it('counts what each node uses, until the signal aborts', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const abort = new AbortController();
      const used = new Map<string, number>();
      await attempt('resource-usage', () =>
        network.watchUsage((node, { memory }) => {
          used.set(node, memory);
          if (used.size === 3) abort.abort();
        }, abort.signal),
      );
      for (const memory of used.values()) expect(memory).toBeGreaterThan(0);
    });

    it('reports its status, with round trips and their age', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const status = await network.status();
      expect(status).toMatchObject({
        name: network.name,
        internal: true,
        drift: { missing: [], broken: [], down: [] },
      });
      expect(status.nodes.map(({ name, state, address }) => [name, state, address])).toEqual(
        [...addressesByName(network)].map(([name, address]) => [name, 'running', address]),
      );
      expect(status.links).toHaveLength(4);
      for (const { state, rtt, rttAgeMs } of status.links) {
        expect(state).toBe('up');
        expect(rtt).toBeGreaterThan(0);
        expect(rttAgeMs).toBeLessThan(20_000);
      }
      const withUptime = async (options?: StatusOptions) =>
        (await network.status(options)).nodes.filter(({ uptime }) => uptime !== undefined).map(({ name }) => name);
      const measured = await withUptime();
      expect(measured.length === 0 || measured.length === status.nodes.length).toBe(true);
      expect(await withUptime({ usageOf: ['b'] })).toEqual(measured.filter((name) => name === 'b'));
      expect(await network.versions()).toHaveProperty('engine');
    });

    it('kills, stops, starts and restarts nodes, which keep their addresses and get back their peers', async () => {
      await using started = await startNetwork();
      const { network } = started;
      await network.kill('b');
      expect(await stateOf(network, 'b')).toBe('exited');
      await expect(sendMessage(network, 'b', { message_type: 'ping' })).rejects.toMatchObject({
        code: 'node_unreachable',
        message: 'b does not run: it is exited',
      });
      await network.start('b', { timeoutMs: TIMEOUT_MS });
      await eventually(async () => expect((await readConnectedPeers(network, 'b')).sort()).toEqual(['a', 'c']));
      await network.stop('b');
      expect(await readConnectedPeers(network, 'b')).toEqual([]);
      await network.restart('b');
      await network.restart('b', { timeoutMs: TIMEOUT_MS });
      expect(await stateOf(network, 'b')).toBe('running');
      await eventually(async () => expect((await readGraph(network)).drift).toMatchObject({ missing: [], broken: [] }));
      await expect(network.kill('z')).rejects.toMatchObject({ code: 'no_such_node' });
      const ended = (await readAll(network)).filter(({ event }) => event === 'stopping');
      expect(ended.length).toBeGreaterThan(0);
    });

    it('freezes and thaws nodes', async () => {
      await using started = await startNetwork();
      const { network } = started;
      if (await attempt('pause', () => network.pause('a'))) expect(await stateOf(network, 'a')).toBe('paused');
      await attempt('pause', () => network.unpause('a'));
      expect(await stateOf(network, 'a')).toBe('running');
    });

    it('runs commands beside a node', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const result = await attempt('exec', () =>
        execAndCollect(network, 'a', ['node', '-e', 'console.log(process.env.DEVNET_NAME)']),
      );
      if (result) expect(result.value).toEqual({ exitCode: 0, stdout: 'a\n', stderr: '' });
    });

    it('captures packets until the signal aborts', async () => {
      await using started = await startNetwork('nodes: [a, b]\nlinks: [a -> b]');
      const { network } = started;
      const capture = new AbortController();
      const captured = await attempt('capture', () => network.capturePackets({ signal: capture.signal })).catch(
        (cause: unknown) => {
          // Nothing on this machine captures.
          if (!(cause instanceof DevnetError) || !['engine_missing', 'image_missing'].includes(cause.code)) throw cause;
          return undefined;
        },
      );
      if (!captured) return;
      await sendMessage(network, 'a', { message_type: 'ping' });
      capture.abort();
      const parts = [];
      for await (const part of captured.value) parts.push(part);
      expect(parts.at(-1)).toEqual({ dropped: 0 });
      expect(parts.flatMap((part) => ('bytes' in part ? part.bytes.length : []))).not.toEqual([]);
    });

    it('reads every log entry from the moment the log is open', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const abort = new AbortController();
      const since = Date.now();
      const log = await readNamedLog(network, { follow: true, since, signal: abort.signal });
      await publishGossip(network, 'a', { id: 'news' });
      await network.kill('c');
      const seen: LogEntry[] = [];
      for await (const entries of log) {
        seen.push(...entries);
        const events = new Set(seen.map(({ node, event }) => `${node} ${event}`));
        if (events.has('b gossip_received') && events.has(`${CONTROLLER} node_ended`)) break;
      }
      abort.abort();
      expect(seen.find(({ node, event }) => node === 'b' && event === 'gossip_received')?.fields).toMatchObject({
        id: 'news',
        from: 'a',
      });
      expect(seen.find(({ event }) => event === 'node_ended')?.fields).toMatchObject({ of: 'c', exit_code: 137 });
      const past = await readAll(network, { nodes: ['a', 'b'], tail: 1 });
      expect(past.map(({ node }) => node).sort()).toEqual(['a', 'b']);
    });

    it('collects receipts', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const over = new AbortController();
      const collector = new ReceiptCollector();
      await collector.follow(network, over.signal);
      collector.watch('news');
      await publishGossip(network, 'a', { id: 'news', data: 1 });
      while (collector.count(['news']) < 3) await collector.waitForMore(TIMEOUT_MS, over.signal);
      over.abort();
      expect(collector.receipts('news').map(({ node, hops }) => [node, hops])).toEqual([
        ['a', 0],
        ['b', 1],
        ['c', 2],
      ]);
    });

    it('injects faults on nodes, and heals them by handle, by node or all', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const fault = await network.inject({ kind: 'kill', node: 'a' }, { name: 'crash' });
      expect(fault).toMatchObject({ name: 'crash', fault: { kind: 'kill', node: 'a' } });
      await fault.heal();
      expect(await stateOf(network, 'a')).toBe('running');
      await fault.heal();
      const { name } = await network.inject({ kind: 'stop', node: 'b' });
      expect(name).toMatch(/^stop-[0-9a-f]{6}$/);
      expect(await network.heal(['b'])).toEqual({ names: ['b'], links: [] });
      await network.inject({ kind: 'restart', node: 'b' });
      expect(await stateOf(network, 'b')).toBe('running');
      await network.kill('c');
      expect(await network.heal()).toEqual({ names: ['c'], links: [] });
      await expect(network.heal(['z'])).rejects.toMatchObject({ code: 'no_such_fault' });
    });

    it('injects faults on links, and lists the active ones', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const until = Date.now() + 60_000;
      const cut = { kind: 'partition', cuts: [{ from: ['a'], to: ['b'] }] } as const;
      const partition = { kind: cut.kind, cuts: cut.cuts.map(({ from, to }) => ({ from: [...from], to: [...to] })) };
      const slow = { kind: 'link', from: 'b', to: 'c', oneway: true, quality: { delay: 20 } } as const;
      const drop = { kind: 'messages', from: 'a', to: 'b', action: 'drop' } as const;
      expect(await network.activeFaults()).toEqual([]);
      await attempt('link-conditions', () => network.prepareFaults([partition]));
      const injected = await attempt('link-conditions', () => network.inject(partition, { name: 'split', until }));
      await attempt('link-conditions', () => network.inject(slow));
      await attempt('link-conditions', () => network.inject(drop, { name: 'loss' }));
      const squeezed = await attempt('resource-limits', () =>
        network.inject({ kind: 'squeeze', node: 'a', cpus: 0.5 }),
      );
      if (!injected) {
        expect(await network.linkConditions()).toEqual([]);
        return;
      }
      const split = {
        name: 'split',
        until,
        description: 'cut a -> b',
        since: expect.any(Number),
        by: currentUser(),
      };
      const faults = await network.activeFaults();
      expect(faults).toEqual([
        split,
        expect.objectContaining({ description: 'link b -> c: delay 20ms' }),
        expect.objectContaining({ name: 'loss', description: 'drop all messages a -> b' }),
      ]);
      const status = await network.status();
      expect(status.faults).toEqual(faults);
      expect(status.links.find(({ from, to }) => from === 'a' && to === 'b')).toMatchObject({ cut: 'split' });
      expect(await network.linkConditions()).toEqual([
        // `proxied` where the kernel has no sch_netem.
        expect.objectContaining({ from: 'b', to: 'c', delay: 20 }),
        { from: 'a', to: 'b', cut: 'split' },
      ]);
      await injected.value.heal();
      expect((await network.activeFaults()).map(({ name }) => name)).toEqual([faults[1]?.name, 'loss']);
      const healed = ['loss', ...(squeezed ? ['a'] : [])];
      expect(await network.heal()).toEqual({ names: expect.arrayContaining(healed), links: ['b -> c'] });
      expect(await network.linkConditions()).toEqual([]);
    });

    it('counts a link as down whose other end was replaced behind a cut, until it is dialed anew', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const cuts = [
        { from: ['a'], to: ['b'] },
        { from: ['b'], to: ['a'] },
      ];
      if (!(await attempt('link-conditions', () => network.inject({ kind: 'partition', cuts })))) return;
      await network.kill('b');
      await network.start('b', { timeoutMs: TIMEOUT_MS });
      // No packet has told a that its connection leads to a process that is gone.
      expect(await readConnectedPeers(network, 'a')).toEqual([]);
      expect((await readGraph(network)).drift.broken).toContainEqual({ from: 'a', to: 'b' });
      await network.heal();
      await eventually(async () => expect((await readGraph(network)).drift).toEqual(NO_DRIFT));
      expect(await readConnectedPeers(network, 'a')).toEqual(['b']);
    });

    it('measures links, and reports on them', async () => {
      await using started = await startNetwork('nodes: [a, b]\nlinks: [a -> b]');
      const { network } = started;
      const measured = await attempt('link-conditions', () =>
        network.measureLinks({ directions: [['a', 'b']], pings: 5 }),
      );
      if (measured) expect(measured.value).toMatchObject([{ from: 'a', to: 'b', roundTrip: { measured: { of: 5 } } }]);
      const report = await attempt('link-conditions', () => network.linkReport());
      if (report) expect(report.value).toBeTypeOf('object');
    });

    it('declares other links only after they are connected', async () => {
      await using started = await startNetwork();
      const { network } = started;
      const links = [{ from: 'c', to: 'a' }];
      const signal = new AbortController().signal;
      const failing = network.declareLinks(links, () => Promise.reject(new Error('no')));
      await expect(failing).rejects.toThrow('no');
      expect(network.topology.links).toHaveLength(4);
      await network.declareLinks(links, (nodes) =>
        reconcileLinks(network, links, { timeoutMs: TIMEOUT_MS, signal, nodes }),
      );
      expect(network.topology.links).toEqual(links);
      expect(await readGraph(network)).toMatchObject({ links, drift: { missing: [], extra: [] } });
      expect((await network.status()).links).toMatchObject(links);

      await relink(network, [{ from: 'b', to: 'c' }], { timeoutMs: TIMEOUT_MS, signal });
      expect(network.topology.links).toEqual([{ from: 'b', to: 'c' }]);
      expect(await readGraph(network)).toMatchObject({
        links: network.topology.links,
        drift: { missing: [], extra: [] },
      });
      const aborted = relink(network, links, { timeoutMs: TIMEOUT_MS, signal: AbortSignal.abort(new Error('enough')) });
      await expect(aborted).rejects.toThrow('enough');
    });

    it('passes the partial network to onFailed when it does not come up', async () => {
      const seen: unknown[] = [];
      const starting = startNetwork(
        'nodes: { a: {}, b: { env: { DEVNET_MAX_PEERS: none } } }',
        async (cause, network) => {
          seen.push(cause, network.topology.nodes.length, await network.nodes());
        },
      );
      await expect(starting).rejects.toMatchObject({ code: 'node_died' });
      expect(seen).toMatchObject([{ code: 'node_died' }, 2, expect.arrayContaining([])]);
    });

    it('is removed by down, kept by keep, and left as it is by close', async () => {
      await using started = await startNetwork();
      const { network } = started;
      await attempt('keep', () => network.keep());
      const { host, port } = network.addresses.get('a')!;
      network.close();
      await network.down();
      await network.down();
      await expect(network.dialer.connect(host, port, 1_000)).rejects.toThrow();
    });
  });
}
