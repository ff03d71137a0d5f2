import pLimit from 'p-limit';
import { expect, it } from 'vitest';
import { heal } from '../../../src/controller/faults/heal.ts';
import { injectFault } from '../../../src/controller/faults/inject-fault.ts';
import { readLinkConditions } from '../../../src/controller/links/link-state.ts';
import { findNetworkState, findNodeContainer } from '../../../src/controller/state/network-state.ts';
import type { Fault, FaultHandle } from '../../../src/network/fault.ts';
import { nftTables } from '../../support/engine-host.ts';
import { sandbox } from '../../support/sandbox.ts';

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
}, 240_000);

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
}, 120_000);
