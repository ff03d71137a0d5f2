import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressesInSwarm,
  freeSubnets,
  gatewayAddress,
  longestPrefixFor,
  nodeAddress,
  swarmNodeCapacity,
  swarmPrefixFor,
  swarmRange,
} from '../../../src/controller/state/address-plan.ts';
import { formatIPv4, formatSubnet, overlaps, parseIPv4, parseSubnet, type Subnet } from '../../../src/shared/subnet.ts';

const POOLS = ['10.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'];
const subnet = (text: string) => parseSubnet(text) as Subnet;

describe('the addresses of a network', () => {
  it('start with the gateway, followed by the nodes', () => {
    expect(gatewayAddress(subnet('10.64.0.0/24'))).toBe('10.64.0.1');
    expect(nodeAddress(subnet('10.64.0.0/24'), 0)).toBe('10.64.0.2');
    expect(nodeAddress(subnet('10.64.0.0/22'), 254)).toBe('10.64.1.0');
  });

  it.each([
    [1, 24],
    [252, 24],
    [253, 23],
    [1000, 22],
    [1020, 22],
    [1021, 21],
  ])('%d nodes fit a /%d', (nodes, prefix) => {
    expect(longestPrefixFor(nodes)).toBe(prefix);
  });
});

describe('freeSubnets', () => {
  const first = (nodes: number, taken: string[]) => {
    const found = freeSubnets(nodes, taken.map(subnet)).next().value;
    return found ? formatSubnet(found) : undefined;
  };

  it.each([
    [[], '10.64.0.0/24'],
    [['10.64.0.0/24', '10.64.1.0/24'], '10.64.2.0/24'],
    [['10.0.0.0/8'], '172.16.0.0/24'],
    [['10.0.0.0/8', '172.16.0.0/12'], '192.168.0.0/24'],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'], '100.64.0.0/24'],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'], '198.18.0.0/24'],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15'], undefined],
    [['10.64.0.53/32'], '10.64.1.0/24'],
  ])('next to %j chooses %s', (taken, expected) => {
    expect(first(10, taken)).toBe(expected);
  });

  it('never overlaps a subnet in use, and stays aligned and private', () => {
    const taken = fc.array(
      fc
        .record({ base: fc.integer({ min: 0, max: 2 ** 32 - 1 }), prefix: fc.integer({ min: 8, max: 32 }) })
        .map(({ base, prefix }) => subnet(`${formatIPv4(base)}/${prefix}`)),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(taken, fc.integer({ min: 1, max: 4000 }), (others, nodes) => {
        let seen = 0;
        for (const free of freeSubnets(nodes, others)) {
          expect(others.some((other) => overlaps(free, other))).toBe(false);
          expect(free.base % 2 ** (32 - free.prefix)).toBe(0);
          expect(POOLS.some((pool) => overlaps(free, subnet(pool)))).toBe(true);
          if (++seen === 20) break;
        }
      }),
    );
  });
});

describe('a network in a swarm', () => {
  it.each([
    ['10.64.0.0/24', '10.64.0.224/27', 222],
    ['10.64.0.0/26', '10.64.0.56/29', 54],
    ['10.64.0.0/20', '10.64.14.0/23', 3_582],
  ])('on %s leaves the swarm %s, and has room for %i nodes', (text, reserved, capacity) => {
    expect(formatSubnet(swarmRange(subnet(text)))).toBe(reserved);
    expect(swarmNodeCapacity(subnet(text))).toBe(capacity);
    // The last node is below the swarm's addresses, and the tunnel at the end of them.
    expect(parseIPv4(nodeAddress(subnet(text), capacity - 1))).toBe(swarmRange(subnet(text)).base - 1);
  });

  it('has no room on a subnet whose eighth is too small for its hosts', () => {
    expect(swarmNodeCapacity(subnet('10.64.0.0/27'))).toBe(0);
  });

  it.each([1, 100, 222, 223, 1_000, 10_000])('of %i nodes fits on the subnet that is chosen for it', (nodes) => {
    const chosen = { base: 0, prefix: longestPrefixFor(addressesInSwarm(nodes)) };
    expect(swarmNodeCapacity(chosen)).toBeGreaterThanOrEqual(nodes);
    expect(swarmPrefixFor(nodes)).toBe(chosen.prefix);
  });
});
