import { describe, expect, it } from 'vitest';
import { createLinkController, type LinkController } from '../../../src/agents/netem/link-controller.ts';
import { faultParts, type LinkState } from '../../../src/agents/netem/state/link-state.ts';
import { parseLinkState } from '../../../src/agents/netem/state/parse-link-state.ts';
import { listActiveFaults } from '../../../src/controller/faults/active-faults.ts';
import { healLinks } from '../../../src/controller/faults/heal-links.ts';
import { injectLinkFault, type LinkFault } from '../../../src/controller/faults/link-faults.ts';
import { listLinkConditions } from '../../../src/controller/links/declared-link-state.ts';
import type { LinkAccess, LinkAgent } from '../../../src/controller/links/link-access.ts';
import { seededRandom } from '../../../src/shared/seeded-random.ts';
import { addressOf, linkStateWith } from '../../agents/netem/link-state-fixture.ts';
import { SimulatedKernel } from '../../agents/netem/simulated-kernel.ts';

/** More than one cut lists pair by pair. */
const NODES = 20;
const names = Array.from({ length: NODES }, (_, index) => `n${index + 1}`);
const halves = { from: names.slice(0, NODES / 2), to: names.slice(NODES / 2) };
const [a, b, c] = [addressOf(1), addressOf(2), addressOf(3)];

const DECLARED = linkStateWith(NODES, {
  closed: { prefix: 16 },
  conditions: [
    { from: a, to: b, loss: 0.01 },
    { from: b, to: a, loss: 0.01 },
    { from: b, to: c, delay: 20 },
  ],
});

/** Faults of every kind on the link of n1 and n2, in one direction and in both, and on what overlaps it. */
const FAULTS: Record<string, LinkFault> = {
  cut: {
    kind: 'partition',
    cuts: [
      { from: ['n1'], to: ['n2'] },
      { from: ['n2'], to: ['n1'] },
    ],
  },
  'one-way cut': { kind: 'partition', cuts: [{ from: ['n1'], to: ['n2'] }] },
  'cut of the way back': { kind: 'partition', cuts: [{ from: ['n2'], to: ['n1'] }] },
  'cut beside it': { kind: 'partition', cuts: [{ from: ['n2'], to: ['n3'] }] },
  'partition of few': { kind: 'partition', cuts: [{ from: ['n1', 'n3'], to: ['n2', 'n4'] }] },
  'partition of many': { kind: 'partition', cuts: [halves, { from: halves.to, to: halves.from }] },
  loss: { kind: 'link', from: 'n1', to: 'n2', quality: { loss: 0.5 } },
  'delay and jitter': { kind: 'link', from: 'n1', to: 'n2', quality: { delay: 50, jitter: 5 } },
  'rate of the way back': { kind: 'link', from: 'n2', to: 'n1', oneway: true, quality: { rate: 1e6 } },
  'no conditions': { kind: 'link', from: 'n1', to: 'n2', oneway: true, quality: {} },
  'delay beside it': { kind: 'link', from: 'n2', to: 'n3', quality: { delay: 90 } },
  'dropped messages': { kind: 'messages', from: 'n1', to: 'n2', action: 'drop', probability: 0.5 },
  'late messages of the way back': {
    kind: 'messages',
    from: 'n2',
    to: 'n1',
    action: 'delay',
    delay: 30,
    type: 'gossip',
  },
  'dropped messages beside it': { kind: 'messages', from: 'n3', to: 'n2', action: 'drop' },
};
const KINDS = Object.keys(FAULTS);
const MODULES: [string, string[]][] = [
  ['the kernel', ['htb', 'netem']],
  ['the proxy', ['htb']],
];

let networks = 0;

/** A network whose agent applies its states to a simulated kernel. */
class TestNetwork {
  readonly kernel: SimulatedKernel;
  readonly controller: LinkController;

  constructor(modules: readonly string[]) {
    this.kernel = new SimulatedKernel(DECLARED.bridge, DECLARED.nodes, modules);
    this.controller = createLinkController({
      run: this.kernel.run,
      log: () => {},
      devnet: DECLARED.devnet,
      watchDials: async () => () => {},
      save: async (state) => void parseLinkState(JSON.stringify(state)),
    });
  }

  /** Returns access to the links as one process has it. */
  access(): LinkAccess {
    const { controller } = this;
    const openAgent = async (): Promise<LinkAgent> => ({
      current: await controller.read(),
      async apply(state, revision) {
        const applied = await controller.apply(parseLinkState(JSON.stringify(state)), revision);
        return applied ? { ...applied, proxied: applied.plan.proxy } : { conflict: await controller.read() };
      },
    });
    return {
      run: `run-${++networks}`,
      declared: () => DECLARED,
      addressOf: (node) => addressOf(Number(node.slice(1))),
      openAgent,
      reconnect: async () => {},
    };
  }

  async state(): Promise<LinkState> {
    const { state } = await this.controller.read();
    // When each fault began differs from run to run.
    return JSON.parse(JSON.stringify(state ?? DECLARED, (key, value) => (key === 'since' ? undefined : value)));
  }

  /** Returns all that can be seen of the links: the state, the kernel's rules and queues, and what commands list. */
  async view(): Promise<object> {
    const { proxied } = await this.controller.read();
    const state = await this.state();
    return {
      state,
      kernel: this.kernel.dump().map(withoutPorts),
      conditions: listLinkConditions(state, proxied, [{ from: 'n1', to: 'n2' }]),
      faults: listActiveFaults(state),
    };
  }
}

/** Leaves out the ports that stand for the ends of proxied connections: each keeps them for as long as the agent runs. */
const withoutPorts = (text: string): string => text.replace(/\b61\d{3}\b/g, 'PORT');

const idOf = (kind: string): string => kind.replaceAll(' ', '-');

/** Returns a network with these faults, and how a process that injected one heals it. */
async function networkWith(modules: readonly string[], kinds: readonly string[]) {
  const network = new TestNetwork(modules);
  await network.controller.apply(DECLARED);
  const heals = new Map<string, () => Promise<unknown>>();
  for (const kind of kinds) {
    const { heal } = await injectLinkFault(network.access(), FAULTS[kind] as LinkFault, {
      name: idOf(kind),
      by: 'ada',
    });
    heals.set(kind, heal);
  }
  return { network, heals };
}

const PAIRS = KINDS.flatMap((first) =>
  KINDS.filter((kind) => kind !== first).map((second): [string, string] => [first, second]),
);

describe.each(MODULES)('where %s shapes links', (_, modules) => {
  const viewWith = async (...kinds: string[]) => (await networkWith(modules, kinds)).network.view();

  it('healing one of any two faults leaves the other as if it were alone, and healing both leaves nothing', async () => {
    const declared = await viewWith();
    const alone = new Map<string, object>();
    for (const kind of KINDS) alone.set(kind, await viewWith(kind));
    let turn = 0;
    for (const pair of PAIRS) {
      for (const order of [pair, pair.toReversed()] as [string, string][]) {
        const { network, heals } = await networkWith(modules, pair);
        // By turns, the process that injected a fault heals it, and another one.
        const heal = (kind: string) =>
          turn++ % 3 === 0 ? heals.get(kind)?.() : healLinks(network.access(), (name) => name === idOf(kind), []);
        const label = `${pair.join(', ')}: first ${order[0]} was healed`;
        await heal(order[0]);
        assertSame(await network.view(), alone.get(order[1]), label);
        await heal(order[1]);
        assertSame(await network.view(), declared, label);
      }
    }
  });

  it('healing all of any two faults leaves nothing, also twice at once and while those who injected them heal', async () => {
    const declared = await viewWith();
    for (const pair of PAIRS) {
      const { network, heals } = await networkWith(modules, pair);
      const healAll = () => healLinks(network.access(), undefined, []);
      await Promise.all([healAll(), ...[...heals.values()].map((heal) => heal()), healAll()]);
      assertSame(await network.view(), declared, pair.join(', '));
      expect(await healAll()).toEqual({ names: [], links: [] });
    }
  });

  it('clearing the conditions of a link leaves its faults of other kinds', async () => {
    const isOnLink = (kind: string) => {
      const fault = FAULTS[kind] as LinkFault;
      return fault.kind === 'link' && [fault.from, fault.to].every((node) => ['n1', 'n2'].includes(node));
    };
    const views = new Map<string, object>();
    for (const pair of PAIRS) {
      const { network } = await networkWith(modules, pair);
      await healLinks(network.access(), () => false, [`${a} ${b}`, `${b} ${a}`]);
      const kept = pair.filter((kind) => !isOnLink(kind));
      const expected = views.get(kept.join()) ?? (await viewWith(...kept));
      views.set(kept.join(), expected);
      assertSame(await network.view(), expected, pair.join(', '));
    }
  });

  it.each([1, 2, 3])(
    'faults of several processes at once are in force until they are healed (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const pick = <T>(from: readonly T[]): T => from[random.integerBelow(from.length)] as T;
      const declared = await viewWith();
      const { network } = await networkWith(modules, []);
      const inForce = new Set<string>();
      let count = 0;
      const processes = Array.from({ length: 8 }, async () => {
        for (let step = 0; step < 12; step++) {
          const healed = random.chance(0.4) && inForce.size > 0 ? pick([...inForce]) : undefined;
          if (healed !== undefined) {
            inForce.delete(healed);
            await healLinks(network.access(), (name) => name === healed, []);
          } else {
            const name = `f${++count}`;
            await injectLinkFault(network.access(), FAULTS[pick(KINDS)] as LinkFault, { name, by: 'ada' });
            inForce.add(name);
          }
        }
      });
      await Promise.all(processes);
      const state = await network.state();
      expect(new Set(faultParts(state).map(({ fault }) => fault))).toEqual(inForce);
      const fresh = new TestNetwork(modules);
      await fresh.controller.apply(state);
      assertSame(await network.view(), await fresh.view(), 'the kernel has what the state says');
      await healLinks(network.access(), undefined, []);
      assertSame(await network.view(), declared, 'nothing is left');
    },
  );
});

/** Compares text first, which takes a hundredth of the time. */
function assertSame(actual: object, expected: object | undefined, label: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual, label).toEqual(expected);
}
