import { describe, expect, it } from 'vitest';
import {
  assignAddresses,
  type CurrentState,
  type PlanStep,
  planRollout,
} from '../../../src/controller/lifecycle/plan.ts';
import type { NetworkState } from '../../../src/controller/state/network-state.ts';
import type { NodeReport } from '../../../src/network/drift.ts';
import { parseTopology, type Topology } from '../../../src/topology/index.ts';

const declare = (yaml: string): Topology => parseTopology(yaml, { file: 'test.yaml', name: 'net' });
const BASE = 'nodes: [a, b, c]\nlinks: [a <-> b, b -> c]';

/** A devnet that runs just as it was declared, on images that have not changed. */
function running(
  topology: Topology,
  change: (observed: NetworkState, reports: Map<string, NodeReport>) => void = () => {},
): CurrentState {
  const address = (name: string) => `10.64.0.${2 + topology.nodes.findIndex((node) => node.name === name)}`;
  const observed: NetworkState = {
    name: topology.name,
    run: 'r',
    changing: false,
    created: 0,
    topology,
    network: {
      id: 'net',
      name: 'devnet.net',
      subnet: '10.64.0.0/24',
      gateway: '10.64.0.1',
      internal: true,
      labels: {},
      created: 0,
    },
    networks: [],
    nodes: topology.nodes.map(({ name, port }) => ({
      name,
      containerId: `id-${name}`,
      imageId: 'image',
      state: 'running',
      address: address(name),
      port,
    })),
    tunnelId: undefined,
    netemId: undefined,
    containers: [],
    recordIds: [],
  };
  const reports = new Map(
    topology.nodes.map(({ name }) => {
      const peers = topology.links
        .filter(({ from }) => from === name)
        .map(({ to }) => ({ address: `${address(to)}:3000`, connected: true }));
      return [name, { node: name, source: 'get_status', peers } as NodeReport];
    }),
  );
  change(observed, reports);
  return {
    networkState: observed,
    reports: [...reports.values()],
    imageIds: new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'image'])),
  };
}

const short = (steps: PlanStep[]) =>
  steps.map((step) =>
    'node' in step
      ? `${step.do} ${step.node}${'why' in step && step.why !== undefined ? ` (${step.why})` : ''}`
      : 'from' in step
        ? `${step.do} ${step.from} ${step.to}`
        : `${step.do}${step.why === undefined ? '' : ` (${step.why})`}`,
  );

describe('planUp', () => {
  it('makes everything where there is nothing', () => {
    expect(short(planRollout(declare(BASE)))).toEqual([
      'make network',
      'make node a',
      'make node b',
      'make node c',
      'add link a b',
      'add link b a',
      'add link b c',
    ]);
  });

  it.each([
    ['the same file', BASE, []],
    ['the same in other words', 'nodes: { a: , b: { port: 3000 }, c: }\nlinks: [b -> c, b <-> a]', []],
    [
      'other links',
      'nodes: [a, b, c]\nlinks: [a -> b, c -> a]',
      ['remove link b a', 'remove link b c', 'add link c a'],
    ],
    [
      'one node more',
      'nodes: [a, b, c, d]\nlinks: [a <-> b, b -> c, d -> a, b -> d]',
      ['make node d (new)', 'add link b d', 'add link d a'],
    ],
    ['one node less', 'nodes: [a, b]\nlinks: [a <-> b]', ['remove node c (no longer declared)', 'remove link b c']],
    [
      'another environment',
      'nodes: { a: , b: { env: { X: 1 } }, c: }\nlinks: [a <-> b, b -> c]',
      ['remove node b (changed: env)', 'make node b (changed: env)', 'add link b a', 'add link b c'],
    ],
    [
      'another port: others must dial that one',
      'nodes: { a: , b: { port: 4000 }, c: }\nlinks: [a <-> b, b -> c]',
      [
        'remove node b (changed: port)',
        'make node b (changed: port)',
        'add link a b',
        'remove link a b',
        'add link b a',
        'add link b c',
      ],
    ],
  ])('%s', (_, yaml, steps) => {
    expect(short(planRollout(declare(yaml), running(declare(BASE))))).toEqual(steps);
  });

  it('heals a node that died, one that is gone, one that is paused, and one that was built anew', () => {
    const died = running(declare(BASE), ({ nodes }) => Object.assign(nodes[1] as object, { state: 'exited' }));
    expect(short(planRollout(declare(BASE), died))).toEqual([
      'remove node b (it is exited)',
      'make node b (it is exited)',
      'add link b a',
      'add link b c',
    ]);
    const gone = running(declare(BASE), ({ nodes }) => nodes.splice(2, 1));
    expect(short(planRollout(declare(BASE), gone))).toContain('make node c (gone)');
    const paused = running(declare(BASE), ({ nodes }) => Object.assign(nodes[0] as object, { state: 'paused' }));
    expect(short(planRollout(declare(BASE), paused))).toEqual(['unpause node a']);
    const rebuilt = running(declare(BASE), ({ nodes }) => Object.assign(nodes[2] as object, { imageId: 'older' }));
    expect(short(planRollout(declare(BASE), rebuilt))).toEqual([
      'remove node c (its image was built anew)',
      'make node c (its image was built anew)',
    ]);
  });

  it('mends links that the nodes themselves report otherwise', () => {
    const drifted = running(declare(BASE), (_, reports) => {
      reports.set('a', {
        node: 'a',
        source: 'get_peers',
        peers: [{ address: '10.64.0.4:3000' }, { address: '10.9.9.9:1' }],
      });
    });
    expect(planRollout(declare(BASE), drifted)).toEqual([
      { do: 'add link', from: 'a', to: 'b' },
      { do: 'remove link', from: 'a', to: 'c', address: '10.64.0.4:3000' },
      { do: 'remove link', from: 'a', to: '10.9.9.9:1', address: '10.9.9.9:1' },
    ]);
  });

  it('trusts the record about a node that cannot be asked', () => {
    const mute = running(declare(BASE), (_, reports) => reports.set('b', { node: 'b', source: 'none', peers: [] }));
    expect(short(planRollout(declare('nodes: [a, b, c]\nlinks: [a <-> b]'), mute))).toEqual(['remove link b c']);
  });

  it.each([
    ['subnet: 10.77.0.0/24', 'the subnet is to be 10.77.0.0/24'],
    ['internal: false', 'the network is to be open'],
  ])('makes all anew for %s', (line, why) => {
    const steps = short(planRollout(declare(`${BASE}\n${line}`), running(declare(BASE))));
    expect(steps.slice(0, 5)).toEqual([
      `remove node a (${why})`,
      `remove node b (${why})`,
      `remove node c (${why})`,
      `remove network (${why})`,
      `make network (${why})`,
    ]);
    expect(steps.filter((step) => step.startsWith('add link'))).toHaveLength(3);
  });

  it('makes all anew when the subnet is too small for more nodes', () => {
    const steps = short(planRollout(declare('nodes: { count: 300 }'), running(declare(BASE))));
    expect(steps).toContain('make network (the subnet 10.64.0.0/24 is too small)');
  });
});

describe('assignAddresses', () => {
  it('lets those that are there keep theirs, whatever their place, and gives others what is free', () => {
    const { networkState: observed } = running(declare(BASE));
    expect([...assignAddresses(declare('nodes: [d, c, e, a]'), '10.64.0.0/24', observed)]).toEqual([
      ['d', '10.64.0.5'],
      ['c', '10.64.0.4'],
      ['e', '10.64.0.6'],
      ['a', '10.64.0.2'],
    ]);
  });
});
