import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  freeSubnets,
  gatewayAddress,
  longestPrefixFor,
  nodeAddress,
} from '../../../src/controller/state/address-plan.ts';
import { formatIPv4, formatSubnet, overlaps, parseSubnet, type Subnet } from '../../../src/shared/subnet.ts';

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
