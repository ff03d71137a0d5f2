import { describe, expect, it } from 'vitest';
import { interfaceTowards, isUniqueBridgeName } from '../../../src/controller/peers/node-route.ts';

/** A route table as Linux shows it: addresses are little-endian, and lines are padded. */
const table = (...routes: [name: string, destination: string, mask: string, metric?: number][]) =>
  [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT    ',
    ...routes.map(([name, destination, mask, metric = 0]) =>
      [name, destination, '00000000', '0001', '0', '0', metric, mask, '0', '0', '0   '].join('\t'),
    ),
    '',
  ].join('\n');

const DEFAULT: [string, string, string] = ['eth0', '00000000', '00000000'];
const NEAR: [string, string, string] = ['br-0123456789ab', '0000400A', '00FFFFFF'];

describe('the interface towards 10.64.0.1', () => {
  it.each([
    ['the bridge that has the subnet', table(DEFAULT, NEAR), 'br-0123456789ab'],
    ['the default route without it', table(DEFAULT), 'eth0'],
    ['none without any route', table(['br-0', '0000410A', '00FFFFFF']), undefined],
    ['none without a table, as outside Linux', '', undefined],
    [
      'the longest prefix, whatever the order',
      table(['tun0', '0000000A', '000000FF'], NEAR, DEFAULT),
      'br-0123456789ab',
    ],
    ['a longer prefix than the bridge has', table(NEAR, ['tun0', '0000400A', '80FFFFFF']), 'tun0'],
    [
      'of two engines with one subnet, the lower metric',
      table(NEAR, ['br-ba9876543210', '0000400A', '00FFFFFF', 1]),
      NEAR[0],
    ],
    ['of two engines with one subnet, the first', table(['podman1', '0000400A', '00FFFFFF'], NEAR), 'podman1'],
  ])('%s', (_, routes, name) => {
    expect(interfaceTowards(routes, '10.64.0.1')).toBe(name);
  });
});

it.each([
  ['br-0123456789ab', true],
  ['podman1', false],
  ['docker0', false],
  ['br-lan', false],
  ['', false],
])('the bridge name "%s" belongs to one network only: %s', (name, isUnique) => {
  expect(isUniqueBridgeName(name)).toBe(isUnique);
});
