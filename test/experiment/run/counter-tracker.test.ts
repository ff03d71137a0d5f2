import { describe, expect, it } from 'vitest';
import { CounterTracker, withCounterTracking } from '../../../src/experiment/run/counter-tracker.ts';
import {
  countersByLink,
  countersByNode,
  isIdle,
  type NodeCounters,
} from '../../../src/experiment/run/node-counters.ts';
import type { Fault, ScenarioNetwork } from '../../../src/scenario/index.ts';

const NODES = ['n1', 'n2'];
const NETWORK = { addresses: new Map(NODES.map((node) => [node, { host: `10.0.0.${node.slice(1)}`, port: 3000 }])) };

/** @param peers messages on the link to each peer, by address */
function count(
  received: number,
  duplicates: number,
  forwarded: number,
  peers: Record<string, number> = {},
): NodeCounters {
  const links = Object.entries(peers).map(
    ([peer, messages]) => [peer, { messages, bytes: 10 * messages }] as [string, { messages: number; bytes: number }],
  );
  const bytes = links.reduce((sum, [, link]) => sum + link.bytes, 0);
  return { received, duplicates, forwarded, announced: 0, bytes, peers: new Map(links) };
}

/** Nodes with these counters; undefined: the node does not reply. */
function network(counts: Record<string, NodeCounters | undefined>) {
  const asked: string[][] = [];
  const counting = new CounterTracker(async (nodes) => {
    asked.push([...nodes]);
    const known = nodes.flatMap((node) => {
      const one = counts[node];
      return one === undefined ? [] : [[node, one] as const];
    });
    return known.length === nodes.length ? new Map(known) : undefined;
  }, NODES);
  const read = async () => {
    const now = await counting.read();
    return now && countersByNode(now);
  };
  return { counting, counts, asked, read };
}

const traffic = (received: number, duplicates: number, forwarded: number) => ({
  received,
  duplicates,
  forwarded,
  announced: 0,
  bytes: expect.any(Number),
});

describe('a counter tracker', () => {
  it('counts from a moment on', async () => {
    const { counting, counts, read } = network({ n1: count(5, 1, 9), n2: count(1, 0, 0) });
    await counting.start();
    counts.n1 = count(7, 4, 12);
    expect(await read()).toEqual({ n1: traffic(2, 3, 3), n2: traffic(0, 0, 0) });
    expect(counting.isExact).toBe(true);
  });

  it('starts over at what it read last, without asking the nodes again', async () => {
    const { counting, counts, asked, read } = network({ n1: count(5, 1, 9), n2: count(1, 0, 0) });
    await counting.start();
    counts.n1 = count(7, 4, 12);
    await counting.read();
    await counting.startAtLastRead();
    expect(asked).toHaveLength(2);
    expect(await read()).toMatchObject({ n1: traffic(0, 0, 0) });
    counts.n1 = count(8, 4, 13);
    expect(await read()).toMatchObject({ n1: traffic(1, 0, 1) });
  });

  it('asks the nodes where the last read failed', async () => {
    const { counting, counts, read } = network({ n1: count(5, 1, 9), n2: undefined });
    await counting.start();
    expect(await read()).toBeUndefined();
    counts.n2 = count(1, 0, 0);
    await counting.startAtLastRead();
    expect(await read()).toMatchObject({ n1: traffic(0, 0, 0), n2: traffic(0, 0, 0) });
  });

  it('counts by link, with the names of both ends, and leaves out links to other addresses', async () => {
    const { counting, counts } = network({ n1: count(0, 0, 0, { '10.0.0.2:3000': 5 }), n2: count(0, 0, 0) });
    await counting.start();
    counts.n1 = count(0, 0, 0, { '10.0.0.2:3000': 7, '10.9.9.9:1': 3 });
    counts.n2 = count(0, 0, 0, { '10.0.0.1:3000': 2 });
    expect(countersByLink((await counting.read())!, NETWORK)).toEqual([
      { from: 'n1', to: 'n2', messages: 2, bytes: 20 },
      { from: 'n2', to: 'n1', messages: 2, bytes: 20 },
    ]);
  });

  it('counts a link that was dialed again from zero', async () => {
    const [one, other] = ['10.0.0.2:3000', '10.0.0.3:3000'];
    const { counting, counts, read } = network({ n1: count(0, 0, 0, { [one]: 50, [other]: 5 }), n2: count(0, 0, 0) });
    await counting.start();
    counts.n1 = count(0, 0, 0, { [one]: 2, [other]: 9 });
    expect(await read()).toMatchObject({ n1: { bytes: 20 + 40 } });
    expect(countersByLink((await counting.read())!, NETWORK)).toEqual([
      { from: 'n1', to: 'n2', messages: 2, bytes: 20 },
    ]);
  });

  it('adds up the lifetimes of a node, which it does not ask while it is down', async () => {
    const link = '10.0.0.2:3000';
    const { counting, counts, asked, read } = network({ n1: count(5, 0, 5, { [link]: 5 }), n2: count(0, 0, 0) });
    await counting.start();
    counts.n1 = count(7, 1, 8, { [link]: 8 });
    await counting.beforeStop('n1');
    counts.n1 = undefined;
    expect(await read()).toMatchObject({ n1: traffic(2, 1, 3) });
    expect(asked.at(-1)).toEqual(['n2']);
    counts.n1 = count(1, 0, 1, { [link]: 1 });
    await counting.afterStart('n1');
    counts.n1 = count(2, 0, 2, { [link]: 2 });
    expect(await read()).toMatchObject({ n1: traffic(4, 1, 5) });
    expect(countersByLink((await counting.read())!, NETWORK)).toContainEqual({
      from: 'n1',
      to: 'n2',
      messages: 5,
      bytes: 50,
    });
    expect(counting.isExact).toBe(false);
    await counting.start();
    expect(counting.isExact).toBe(true);
    expect(await read()).toMatchObject({ n1: traffic(0, 0, 0) });
  });

  it('counts a node that was down at the start from its next lifetime on', async () => {
    const { counting, counts, read } = network({ n1: count(5, 0, 5), n2: count(0, 0, 0) });
    await counting.beforeStop('n1');
    counts.n1 = undefined;
    await counting.start();
    expect(await read()).toMatchObject({ n1: traffic(0, 0, 0) });
    await counting.afterStart('n1');
    counts.n1 = count(3, 0, 3);
    expect(await read()).toMatchObject({ n1: traffic(3, 0, 3) });
    expect(counting.isExact).toBe(false);
  });

  it('knows nothing when a node did not reply before it stopped', async () => {
    const { counting, counts, read } = network({ n1: count(5, 0, 5), n2: count(0, 0, 0) });
    await counting.start();
    counts.n1 = undefined;
    expect(await read()).toBeUndefined();
    await counting.beforeStop('n1');
    expect(await read()).toBeUndefined();
  });

  it('asks a node that is about to stop again when it does not reply', async () => {
    const { counting, counts, read } = network({ n1: count(5, 0, 5), n2: count(0, 0, 0) });
    await counting.start();
    let silent = 1;
    Object.defineProperty(counts, 'n1', { get: () => (silent-- > 0 ? undefined : count(6, 0, 6)) });
    await counting.beforeStop('n1');
    expect(await read()).toMatchObject({ n1: traffic(1, 0, 1) });
  });

  it('asks again when a node stops or starts meanwhile', async () => {
    const { counting, counts, asked, read } = network({ n1: count(5, 0, 5), n2: count(0, 0, 0) });
    await counting.start();
    counts.n1 = count(6, 0, 6);
    const reading = read();
    while (asked.length < 2) await Promise.resolve();
    await counting.beforeStop('n1');
    expect(await reading).toMatchObject({ n1: traffic(1, 0, 1) });
    expect(asked.slice(1)).toEqual([['n1', 'n2'], ['n1'], ['n2']]);
  });

  it('lets a node stop while another one does not reply', async () => {
    let frozen = false;
    const counting = new CounterTracker(async (nodes) => {
      if (frozen && nodes.includes('n2')) return new Promise(() => {});
      return new Map(nodes.map((node) => [node, count(1, 0, 1)]));
    }, NODES);
    await counting.start();
    frozen = true;
    void counting.read();
    await counting.beforeStop('n1');
    counting.afterStart('n1');
  });

  it('does not read while a node stops', async () => {
    const { counting, counts, read } = network({ n1: count(5, 0, 5), n2: count(0, 0, 0) });
    await counting.start();
    counts.n1 = count(6, 0, 6);
    const ending = counting.beforeStop('n1');
    const reading = read();
    await ending;
    expect(await reading).toMatchObject({ n1: traffic(1, 0, 1) });
  });
});

describe('nodes that a fault stops', () => {
  const steps: string[] = [];
  const wrapped = {
    inject: async ({ kind }: Fault) => {
      steps.push(kind);
      return { heal: async () => void steps.push('heal') };
    },
  } as unknown as ScenarioNetwork;
  const counting = {
    beforeStop: async (node: string) => void steps.push(`ending ${node}`),
    afterStart: async (node: string) => void steps.push(`begun ${node}`),
  };

  it.each([
    ['kill', ['ending n1', 'kill', 'heal', 'begun n1']],
    ['stop', ['ending n1', 'stop', 'heal', 'begun n1']],
    ['restart', ['ending n1', 'restart', 'begun n1', 'heal']],
    ['pause', ['pause', 'heal']],
  ] as const)('are read before a %s, and tracked again when they run', async (kind, expected) => {
    steps.length = 0;
    const injected = await withCounterTracking(wrapped, counting).inject({ kind, node: 'n1' }, { name: 'x' });
    await injected.heal();
    expect(steps).toEqual(expected);
  });
});

describe('a network', () => {
  it.each([
    ['everything has arrived', { n1: count(1, 0, 1), n2: count(1, 0, 0) }, 1, true],
    ['a copy is under way', { n1: count(1, 0, 2), n2: count(1, 0, 0) }, 1, false],
    ['a message has not arrived', { n1: count(0, 0, 0) }, 1, false],
    ['a duplicate has arrived as well', { n1: count(1, 1, 2), n2: count(1, 0, 0) }, 1, true],
  ])('is idle or not: %s', (_, counts, sent, expected) => {
    expect(isIdle(new Map(Object.entries(counts)), sent)).toBe(expected);
  });
});
