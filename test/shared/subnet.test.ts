import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contains,
  formatIPv4,
  formatSubnet,
  overlaps,
  parseIPv4,
  parseSubnet,
  type Subnet,
} from '../../src/shared/subnet.ts';

const subnet = (text: string) => parseSubnet(text) as Subnet;

describe('IPv4 addresses and subnets', () => {
  it('reads back every address it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (address) => parseIPv4(formatIPv4(address)) === address),
    );
  });

  it.each(['10.0.0', '10.0.0.256', '10.0.0.0.1', '10.0.0.x', '', '1e1.0.0.0', '010.0.0.1'])(
    'refuses %j as an address',
    (text) => {
      expect(parseIPv4(text)).toBeUndefined();
    },
  );

  it.each([
    ['10.0.0.0/24', '10.0.0.255/32', true],
    ['10.0.0.0/24', '10.0.1.0/24', false],
    ['10.0.0.0/8', '10.64.3.0/24', true],
    ['255.255.255.0/24', '0.0.0.0/0', true],
    ['10.64.0.0/24', '10.63.255.0/24', false],
  ])('%s and %s overlap: %s', (a, b, expected) => {
    expect(overlaps(subnet(a), subnet(b))).toBe(expected);
    expect(overlaps(subnet(b), subnet(a))).toBe(expected);
  });

  it('rounds a subnet down to its first address', () => {
    expect(formatSubnet(subnet('192.168.7.9/24'))).toBe('192.168.7.0/24');
  });

  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '010.0.0.0/8', '::/0', ' 10.0.0.0/8'])(
    'refuses %j as a subnet',
    (text) => {
      expect(parseSubnet(text)).toBeUndefined();
    },
  );

  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/16', false],
  ])('%s contains %s: %s', (outer, inner, expected) => {
    expect(contains(subnet(outer), subnet(inner))).toBe(expected);
  });
});
