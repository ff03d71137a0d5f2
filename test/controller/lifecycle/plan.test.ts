import { describe, expect, it } from 'vitest';
import type { CurrentState } from '../../../src/controller/lifecycle/current-state.ts';
import { planRollout } from '../../../src/controller/lifecycle/plan.ts';
import { assignAddresses } from '../../../src/controller/state/address-plan.ts';
import type { NetworkState } from '../../../src/controller/state/network-state.ts';
import { hashNodeConfig } from '../../../src/controller/state/node-config.ts';
import type { NodeReport } from '../../../src/network/links/node-report.ts';
import type { PlanStep } from '../../../src/network/plan-step.ts';
import { parseTopology, type Topology, type TopologyNode } from '../../../src/topology/index.ts';

const declare = (yaml: string): Topology => parseTopology(yaml, { file: 'test.yaml', name: 'net' });
const BASE = 'nodes: [a, b, c]\nlinks: [a <-> b, b -> c]';

/** A network that runs as declared, on images that have not changed. */
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
    draft: undefined,
    failed: undefined,
    network: {
      id: 'net',
      name: 'devnet.net',
      subnet: '10.64.0.0/24',
      bridge: 'br-0123456789ab',
      hasBridgeAddress: false,
      gateway: '10.64.0.1',
      internal: true,
      labels: {},
      created: 0,
    },
    networks: [],
    nodes: topology.nodes.map((node) => ({
      name: node.name,
      containerId: `id-${node.name}`,
      imageId: 'image',
      configHash: hashNodeConfig(node),
      state: 'running',
      address: address(node.name),
      port: node.port,
    })),
    tunnelId: undefined,
    netemId: undefined,
    netemIds: new Map(),
    containers: [],
    recordIds: [],
    isSwarm: false,
    hosts: new Map(),
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

describe('a node that somebody took off its network', () => {
  const misplaced = (misplacement: string, state: 'running' | 'paused' | 'exited' = 'running') => {
    const topology = declare(BASE);
    return planRollout(
      topology,
      running(topology, ({ nodes }) => Object.assign(nodes[0]!, { misplacement, state })),
    );
  };

  it('is reconnected, and keeps its links', () => {
    expect(short(misplaced('off its network'))).toEqual(['reconnect node a (it is off its network)']);
    expect(short(misplaced('at 10.64.0.9 instead of 10.64.0.2'))).toEqual([
      'reconnect node a (it is at 10.64.0.9 instead of 10.64.0.2)',
    ]);
  });

  it('is reconnected before it is unpaused', () => {
    expect(short(misplaced('off its network', 'paused'))).toEqual([
      'reconnect node a (it is off its network)',
      'unpause node a',
    ]);
  });

  it('is replaced where it ended', () => {
    expect(short(misplaced('off its network', 'exited'))).toContain('make node a (it is exited)');
  });
});

describe('planRollout', () => {
  it('creates everything where nothing exists', () => {
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
    ['other metrics', 'nodes: { a: , b: { metrics: { port: 9100 } }, c: }\nlinks: [b -> c, b <-> a]', []],
    ['the same file in another notation', 'nodes: { a: , b: { port: 3000 }, c: }\nlinks: [b -> c, b <-> a]', []],
    [
      'other links',
      'nodes: [a, b, c]\nlinks: [a -> b, c -> a]',
      ['remove link b a', 'remove link b c', 'add link c a'],
    ],
    [
      'one more node',
      'nodes: [a, b, c, d]\nlinks: [a <-> b, b -> c, d -> a, b -> d]',
      ['make node d (new)', 'add link b d', 'add link d a'],
    ],
    ['one node fewer', 'nodes: [a, b]\nlinks: [a <-> b]', ['remove node c (no longer declared)', 'remove link b c']],
    [
      'another environment',
      'nodes: { a: , b: { env: { X: 1 } }, c: }\nlinks: [a <-> b, b -> c]',
      ['remove node b (changed: env)', 'make node b (changed: env)', 'add link b a', 'add link b c'],
    ],
    [
      'another port, which the others must dial',
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

  it('moves a node from a host of a swarm that does not meet its constraints', () => {
    const before = declare(BASE);
    const onHosts = running(before, ({ nodes }) => {
      for (const [index, host] of ['alpha', 'beta', 'beta'].entries()) Object.assign(nodes[index]!, { host });
    });
    const hostLabels = new Map([
      ['alpha', { region: 'eu' }],
      ['beta', {}],
    ]);
    const topology = declare(`defaults: { constraints: region == eu }\n${BASE}`);
    const steps = short(planRollout(topology, { ...onHosts, hostLabels }));
    expect(steps).toContain('make node b (beta does not meet region==eu)');
    expect(steps.filter((step) => / a\b/.test(step) && step.includes('node'))).toEqual([]);
  });

  it('repairs a node that died, one that is gone, one that is paused, and one whose image was rebuilt', () => {
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
      'remove node c (its image was rebuilt)',
      'make node c (its image was rebuilt)',
    ]);
  });

  it('corrects links that the nodes report differently', () => {
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

  it('assumes the recorded peers of a node that reports none', () => {
    const mute = running(declare(BASE), (_, reports) => reports.set('b', { node: 'b', source: 'none', peers: [] }));
    expect(short(planRollout(declare('nodes: [a, b, c]\nlinks: [a <-> b]'), mute))).toEqual(['remove link b c']);
  });

  describe('after an up that failed', () => {
    const wanted = declare('nodes: { a: { memory: 96m }, b: { memory: 96m }, c: }\nlinks: [a -> c, b -> c]');
    /** `a` has the settings of the failed topology already, `b` still those from before. */
    const halfway = running(declare(BASE), (observed) => {
      observed.failed = wanted;
      Object.assign(observed.nodes[0] as object, { configHash: hashNodeConfig(wanted.nodes[0] as TopologyNode) });
    });

    it('continues with the nodes that do not have the new settings yet', () => {
      expect(short(planRollout(wanted, halfway)).filter((step) => step.startsWith('make'))).toEqual([
        'make node b (changed: memory)',
      ]);
    });

    it('goes back with the nodes that have the new settings already', () => {
      expect(short(planRollout(declare(BASE), halfway))).toEqual([
        'remove node a (changed: memory)',
        'make node a (changed: memory)',
        'add link a b',
      ]);
    });

    it('sends every link, to add or to remove, to a node that does not report its peers', () => {
      const silent = { ...halfway, reports: [{ node: 'b', source: 'none', peers: [] } as NodeReport] };
      const steps = (topology: Topology) =>
        short(planRollout(topology, silent)).filter((step) => / link b /.test(step));
      const halfwayLinks = declare('nodes: [a, b, c]\nlinks: [b -> a]');
      halfway.networkState.failed = { ...halfwayLinks, nodes: declare(BASE).nodes };
      expect(steps(declare(BASE))).toEqual(['add link b c']);
      expect(steps(declare('nodes: [a, b, c]'))).toEqual(['remove link b a', 'remove link b c']);
    });
  });

  it.each([
    ['subnet: 10.77.0.0/24', 'the subnet changes to 10.77.0.0/24'],
    ['internal: false', 'the network becomes open'],
  ])('replaces everything for %s', (line, why) => {
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

  it('replaces everything when the subnet is too small for more nodes', () => {
    const steps = short(planRollout(declare('nodes: { count: 300 }'), running(declare(BASE))));
    expect(steps).toContain('make network (the subnet 10.64.0.0/24 is too small)');
  });
});

describe('assignAddresses', () => {
  it('keeps the addresses of existing nodes in any order and gives new ones free addresses', () => {
    const { networkState: observed } = running(declare(BASE));
    expect([...assignAddresses(declare('nodes: [d, c, e, a]'), '10.64.0.0/24', observed)]).toEqual([
      ['d', '10.64.0.5'],
      ['c', '10.64.0.4'],
      ['e', '10.64.0.6'],
      ['a', '10.64.0.2'],
    ]);
  });
});
