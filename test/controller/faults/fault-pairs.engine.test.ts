import pLimit from 'p-limit';
import { expect, it } from 'vitest';
import type { LinkState } from '../../../src/agents/netem/state/link-state.ts';
import { heal } from '../../../src/controller/faults/heal.ts';
import { injectFault } from '../../../src/controller/faults/inject-fault.ts';
import { status } from '../../../src/controller/inspect/read-status.ts';
import { readLinkConditions, readNetemReport } from '../../../src/controller/links/link-state.ts';
import { findNetworkState, findNodeContainer } from '../../../src/controller/state/network-state.ts';
import type { Fault, FaultHandle } from '../../../src/network/fault.ts';
import { hasNoDrift } from '../../../src/network/links/drift.ts';
import { nftTables } from '../../support/engine-host.ts';
import { sandbox } from '../../support/sandbox.ts';
import { until } from '../../support/until.ts';

const box = await sandbox();
const { engine } = box;
const MEBIBYTE = 2 ** 20;

/** Faults of one node, by a name for the test. */
const NODE_FAULTS: Record<string, (node: string) => Fault> = {
  kill: (node) => ({ kind: 'kill', node }),
  stop: (node) => ({ kind: 'stop', node }),
  pause: (node) => ({ kind: 'pause', node }),
  restart: (node) => ({ kind: 'restart', node }),
  'less processor time': (node) => ({ kind: 'squeeze', node, cpus: 0.2 }),
  'less memory': (node) => ({ kind: 'squeeze', node, memory: 64 * MEBIBYTE }),
};
type Healing = 'first the first' | 'first the second' | 'by the name of the node';
const HEALINGS: Healing[] = ['first the first', 'first the second', 'by the name of the node'];

const CASES = Object.keys(NODE_FAULTS).flatMap((first) =>
  Object.keys(NODE_FAULTS).flatMap((second) => HEALINGS.map((healing) => ({ first, second, healing }))),
);
const NODES = 12;

it('nothing is left of any two faults on a node, in whatever order they are healed', async () => {
  const { devnet } = await box.up(`nodes: { count: ${NODES} }`);
  const { name } = devnet;
  const context = async () => ({ engine, devnet: await findNetworkState(engine, name) });
  const declared = await limitsOf(devnet.nodes[0]?.containerId as string);

  async function limitsOf(id: string): Promise<object> {
    const { HostConfig, State } = await engine.docker.getContainer(id).inspect();
    const cores = (HostConfig.NanoCpus ?? 0) / 1e9;
    const memory = { memory: HostConfig.Memory, swap: HostConfig.MemorySwap };
    // An engine cannot take this limit away; as many cores as the machine has are none.
    return { ...memory, limited: cores > 0 && cores < 1, running: State.Running, paused: State.Paused };
  }

  async function tryCase(node: string, { first, second, healing }: (typeof CASES)[number]): Promise<string[]> {
    const handles: FaultHandle[] = [];
    for (const kind of [first, second]) {
      const fault = (NODE_FAULTS[kind] as (typeof NODE_FAULTS)[string])(node);
      // Some cannot follow others: a node that does not run cannot be paused.
      const handle = await injectFault(await context(), fault, { name: kind }).catch(() => undefined);
      if (handle) handles.push(handle);
    }
    if (healing === 'by the name of the node') await heal(await context(), [node]);
    for (const handle of healing === 'first the second' ? handles.reverse() : handles) await handle.heal();
    const left = await limitsOf(findNodeContainer((await context()).devnet, node).containerId);
    return JSON.stringify(left) === JSON.stringify(declared)
      ? []
      : [`${first}, ${second}, ${healing}: ${JSON.stringify(left)}`];
  }

  const queue = [...CASES];
  const limit = pLimit(4);
  const wrong = await Promise.all(
    devnet.nodes.map((node) =>
      limit(async () => {
        const found: string[] = [];
        for (let next = 0; next < Math.ceil(CASES.length / NODES); next++) {
          const one = queue.pop();
          if (one) found.push(...(await tryCase(node.name, one)));
        }
        return found;
      }),
    ),
  );
  expect(queue).toEqual([]);
  expect(wrong.flat()).toEqual([]);
  expect(await heal(await context())).toEqual({ names: [], links: [] });
}, 600_000);

it('nothing is left of any faults on a link, in whatever order they are healed', async () => {
  const { devnet } = await box.up(`
nodes: [a, b]
links: [{ link: a <-> b, loss: 1% }]`);
  const { name } = devnet;
  const context = async () => ({ engine, devnet: await findNetworkState(engine, name) });
  const declared = await readLinkConditions(engine, devnet);
  const faults: Fault[] = [
    { kind: 'partition', cuts: [{ from: ['a'], to: ['b'] }] },
    { kind: 'link', from: 'a', to: 'b', quality: { loss: 0.5 } },
    { kind: 'link', from: 'a', to: 'b', oneway: true, quality: {} },
    { kind: 'messages', from: 'a', to: 'b', action: 'drop', probability: 0.5 },
  ];
  const inject = async () => {
    const handles: FaultHandle[] = [];
    for (const [index, fault] of faults.entries()) {
      handles.push(await injectFault(await context(), fault, { name: `f${index}` }));
    }
    return handles;
  };
  for (const order of [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
  ]) {
    const handles = await inject();
    expect(await readLinkConditions(engine, (await context()).devnet)).not.toEqual(declared);
    for (const index of order) await handles[index]?.heal();
    expect(await readLinkConditions(engine, (await context()).devnet)).toEqual(declared);
  }
  await inject();
  const healed = await heal(await context());
  expect({ ...healed, names: healed.names.sort() }).toEqual({ names: ['f0', 'f3'], links: ['a <-> b'] });
  expect(await readLinkConditions(engine, (await context()).devnet)).toEqual(declared);
  expect(await nftTables(engine)).toContain(`devnet-${name}`); // The declared loss.
}, 300_000);

/** Faults of each kind on the link between two nodes. */
const LINK_FAULTS: Record<string, (a: string, b: string) => Fault> = {
  cut: (a, b) => ({ kind: 'partition', cuts: [{ from: [a], to: [b] }] }),
  partition: (a, b) => ({
    kind: 'partition',
    cuts: [
      { from: [a], to: [b] },
      { from: [b], to: [a] },
    ],
  }),
  loss: (from, to) => ({ kind: 'link', from, to, quality: { loss: 0.5 } }),
  rate: (from, to) => ({ kind: 'link', from, to, quality: { rate: 1e6 } }),
  messages: (from, to) => ({ kind: 'messages', from, to, action: 'drop', probability: 0.5 }),
};

/** The netem agent's report: what it keeps, and the kernel's rules and queues read at the same moment. */
interface Report {
  state: LinkState;
  rules: { set?: NftSet; map?: NftSet }[][];
  queues: { dev: string; handle: string; root?: boolean }[];
  relayed: { client: string; server: string }[];
}
interface NftSet {
  name: string;
  elem?: unknown[];
}

/** Returns what the kernel has for links: elements of nft's sets and maps, and ports with a queue of ours. */
function linksInKernel({ rules, queues, relayed }: Report): object {
  const proxied = new Set(relayed.flatMap(({ client, server }) => [`${client} ${server}`, `${server} ${client}`]));
  const sets = rules.flat().flatMap(({ set, map }) => {
    const { name, elem = [] } = set ?? map ?? { name: '' };
    if (!['cut_pairs', 'loss', 'classes', 'intercepted'].includes(name)) return [];
    const pairs = elem.map((element) => {
      const key = Array.isArray(element) ? element[0] : element;
      return (key as { concat: string[] }).concat.join(' ');
    });
    // A connection stays with the proxy until it ends.
    const kept = name === 'intercepted' ? pairs.filter((pair) => !proxied.has(pair)) : pairs;
    return kept.length === 0 ? [] : [`${name}: ${kept.sort()}`];
  });
  return { sets: [...new Set(sets)].sort(), queues: queues.filter(({ handle }) => handle === 'de7e:').length };
}

it('nothing is left of faults on a node and on its link, in whatever order they are injected and healed', async () => {
  const pairs = Array.from({ length: 8 }, (_, index): [string, string] => [`a${index}`, `b${index}`]);
  const { devnet } = await box.up(`
nodes: [${pairs.flat()}]
links: [${pairs.map(([a, b]) => `{ link: ${a} <-> ${b}, loss: 1% }`)}]`);
  const { name, network } = devnet;
  const find = () => findNetworkState(engine, name);
  const context = async () => ({ engine, devnet: await find() });
  const report = async () => (await readNetemReport(engine, await find())) as Report;
  const declared = await report();

  const nodeFaults: Record<string, (node: string) => Promise<() => Promise<unknown>>> = {
    ...Object.fromEntries(
      ['kill', 'stop', 'pause', 'less processor time'].map((kind) => [
        kind,
        async (node: string) => (await injectFault(await context(), NODE_FAULTS[kind]!(node), { name: kind })).heal,
      ]),
    ),
    disconnect: async (node) => {
      const { containerId } = findNodeContainer(await find(), node);
      await engine.docker.getNetwork(network!.id).disconnect({ Container: containerId, Force: true });
      return async () => heal(await context(), [node]);
    },
  };
  let count = 0;
  const cases = Object.keys(nodeFaults).flatMap((node) =>
    Object.keys(LINK_FAULTS).flatMap((link) =>
      ['first the node', 'first the link', 'all at once'].map((healing) => ({ node, link, healing, turn: count++ })),
    ),
  );

  async function tryCase([a, b]: [string, string], { node, link, healing, turn }: (typeof cases)[number]) {
    const id = `${link}-${turn}`;
    const heals = new Map<string, () => Promise<unknown>>();
    const injectNode = async () => heals.set('node', await nodeFaults[node]!(a));
    const injectLink = async () =>
      heals.set('link', (await injectFault(await context(), LINK_FAULTS[link]!(a, b), { name: id })).heal);
    for (const inject of turn % 2 === 0 ? [injectNode, injectLink] : [injectLink, injectNode]) await inject();
    if (healing === 'all at once') await heal(await context(), [a, id]);
    if (healing === 'first the link') await heals.get('link')?.();
    await heals.get('node')?.();
    await heals.get('link')?.();
    const { HostConfig } = await engine.docker.getContainer(findNodeContainer(await find(), a).containerId).inspect();
    const { state, misplacement } = findNodeContainer(await find(), a);
    const left = { state, misplacement, limited: (HostConfig.NanoCpus ?? 0) / 1e9 === 0.2 };
    return state === 'running' && misplacement === undefined && !left.limited
      ? []
      : [`${node}, ${link}, ${healing}: ${JSON.stringify(left)}`];
  }

  const queue = [...cases];
  const wrong = await Promise.all(
    pairs.map(async (pair) => {
      const found: string[] = [];
      for (let one = queue.pop(); one; one = queue.pop()) found.push(...(await tryCase(pair, one)));
      return found;
    }),
  );
  expect(wrong.flat()).toEqual([]);
  const left = await report();
  expect(left.state).toEqual(declared.state);
  expect(linksInKernel(left)).toEqual(linksInKernel(declared));
  await until(async () => hasNoDrift((await status(engine, await find())).drift), 'all links to stand');
  expect((await status(engine, await find())).faults).toEqual([]);
  expect(await heal(await context())).toEqual({ names: [], links: [] });
}, 600_000);
