import { describe, expect, it } from 'vitest';
import {
  bridgeBatch,
  cablesBatch,
  forwardingBatch,
  hostsFile,
  nodeBatch,
  nodeEnvironment,
  peersByNode,
  planAddresses,
  removalBatch,
  subnetOf,
} from '../../../src/runtimes/namespaces/supervisor/network-plan.ts';
import { parseTopology, type TopologyNode } from '../../../src/topology/index.ts';

const topology = (yaml: string) => ({ ...parseTopology(yaml, { file: 'net.yaml', name: 'net' }), name: 'net' });
const plan = planAddresses(topology('nodes: { a: {}, b: { port: 4000 } }\nsubnet: 10.77.0.0/24'), 0);

describe('the plan of a network in namespaces', () => {
  it.each([
    ['nodes: { count: 3 }', 0, '10.64.0.0/24'],
    ['nodes: { count: 3 }', 0.5, '10.96.0.0/24'],
    ['nodes: { count: 3 }', 0.999_999_99, '10.127.255.0/24'],
    ['nodes: { count: 600 }', 0.999_999_99, '10.127.252.0/22'],
    ['nodes: { count: 3 }\nsubnet: 10.9.8.0/28', 0.7, '10.9.8.0/28'],
  ])('chooses a subnet: %j, %d', (yaml, random, subnet) => {
    expect(subnetOf(planAddresses(topology(yaml), random))).toBe(subnet);
  });

  it('gives addresses in the order of the topology, the first one to the bridge', () => {
    expect(plan.gateway).toBe('10.77.0.1');
    expect([...plan.addresses]).toEqual([
      ['a', { host: '10.77.0.2', port: 3000 }],
      ['b', { host: '10.77.0.3', port: 4000 }],
    ]);
  });

  it('makes everything in one batch of each tool', () => {
    expect(bridgeBatch(plan)).toBe(`link set lo up
link add devnet0 address 02:42:0a:4d:00:01 type bridge
addr add 10.77.0.1/24 dev devnet0
link set devnet0 up
`);
    expect(cablesBatch(plan, ['a', 'b'])).toBe(`netns add a
link add v1 master devnet0 type veth peer name eth0 netns a address 02:42:0a:4d:00:02
link set v1 up
neigh replace 10.77.0.2 lladdr 02:42:0a:4d:00:02 dev devnet0 nud permanent
netns add b
link add v2 master devnet0 type veth peer name eth0 netns b address 02:42:0a:4d:00:03
link set v2 up
neigh replace 10.77.0.3 lladdr 02:42:0a:4d:00:03 dev devnet0 nud permanent
`);
    expect(forwardingBatch(plan, ['b'])).toBe('fdb add 02:42:0a:4d:00:03 dev v2 master static\n');
    expect(removalBatch(plan, ['b'])).toBe('link delete v2\nnetns delete b\n');
    expect(nodeBatch(plan, 'b', peersByNode([{ from: 'a', to: 'b' }]).get('b') ?? [])).toBe(`link set lo up
addr replace 10.77.0.3/24 dev eth0
link set eth0 up
neigh replace 10.77.0.1 lladdr 02:42:0a:4d:00:01 dev eth0 nud permanent
neigh replace 10.77.0.2 lladdr 02:42:0a:4d:00:02 dev eth0 nud permanent
`);
    expect(hostsFile(plan)).toBe('127.0.0.1 localhost\n10.77.0.2 a\n10.77.0.3 b\n');
  });

  it('lets a node change its environment, but not the network that it belongs to', () => {
    const node = { name: 'a', port: 3000, env: { DEVNET_NAME: 'other', DEVNET_NETWORK: 'other', X: '1' } };
    expect(nodeEnvironment({ name: 'net', run: 'id' }, node as unknown as TopologyNode, '10.77.0.1')).toEqual({
      DEVNET_NAME: 'other',
      DEVNET_PORT: '3000',
      DEVNET_ADMIN: '10.77.0.1',
      DEVNET_NETWORK: 'net',
      DEVNET_NETWORK_ID: 'id',
      X: '1',
    });
  });
});
