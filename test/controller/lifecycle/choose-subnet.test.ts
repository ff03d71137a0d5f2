import { describe, expect, it } from 'vitest';
import {
  explainNoFreeSubnet,
  findSubnetConflict,
  unusedSubnets,
} from '../../../src/controller/lifecycle/choose-subnet.ts';
import { interfaceSubnet, parseResolvConf, parseRouteTable } from '../../../src/controller/lifecycle/host-subnets.ts';
import { formatSubnet, parseIPv4, parseSubnet, type Subnet, subnetSize } from '../../../src/shared/subnet.ts';

/** Formats routes as /proc/net/route does: little-endian hexadecimal. */
function routeTable(...routes: string[]): string {
  const hexadecimal = (address: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(address);
    return bytes.toString('hex').toUpperCase();
  };
  const lines = routes.map((route) => {
    const [device, destination, prefix] = route.split(/[ /]/) as [string, string, string];
    const mask = 2 ** 32 - subnetSize(Number(prefix));
    return `${device}\t${hexadecimal(parseIPv4(destination) as number)}\t00000000\t0001\t0\t0\t0\t${hexadecimal(mask)}\t0\t0\t0`;
  });
  return ['Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT', ...lines, ''].join(
    '\n',
  );
}

const used = (routes: string[], engine: string[] = []) => ({
  host: parseRouteTable(routeTable(...routes)),
  engine: engine.map((text) => parseSubnet(text) as Subnet),
});
const ALL_PRIVATE = ['vpn0 10.0.0.0/8', 'vpn0 172.16.0.0/12', 'vpn0 192.168.0.0/16'];

describe('the subnets that the host uses', () => {
  it.each<[routes: string[], used: string[]]>([
    [
      ['eth0 0.0.0.0/0', 'eth0 192.0.2.0/24', 'tun0 10.0.0.0/8'],
      ['192.0.2.0/24', '10.0.0.0/8'],
    ],
    [['vpn0 0.0.0.0/1', 'vpn0 128.0.0.0/1', 'vpn0 10.8.0.0/24'], ['10.8.0.0/24']],
    [['vpn0 0.0.0.0/2', 'vpn0 64.0.0.0/2', 'vpn0 128.0.0.0/2', 'vpn0 192.0.0.0/2'], []],
    // A default route without 0.0.0.0/8, as some VPNs on phones set it.
    [['vpn0 2.0.0.0/7', 'vpn0 4.0.0.0/6', 'vpn0 8.0.0.0/5', 'vpn0 16.0.0.0/4', 'vpn0 32.0.0.0/3'], []],
    [['vpn0 10.0.0.0/8'], ['10.0.0.0/8']],
  ])("are the kernel's routes %j without the default one: %j", (routes, expected) => {
    expect(parseRouteTable(routeTable(...routes)).map(formatSubnet)).toEqual(expected);
  });

  it('are the resolvers, which may be behind the default route', () => {
    const text =
      'search lan\nnameserver 10.11.12.13\n# nameserver 10.1.1.1\nnameserver fe80::1\nnameserver 127.0.0.53 # local\n';
    expect(parseResolvConf(text).map(formatSubnet)).toEqual(['10.11.12.13/32', '127.0.0.53/32']);
  });

  it.each([
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['100.101.102.103/32', '100.64.0.0/10'],
    ['198.18.0.1/30', '198.18.0.0/15'],
    ['100.64.0.1/24', '100.64.0.0/24'],
    ['10.8.0.2/32', '10.8.0.2/32'],
  ])('are those of its addresses: %s takes %s', (cidr, expected) => {
    expect(interfaceSubnet('eth0', cidr).map(formatSubnet)).toEqual([expected]);
  });
});

describe('the choice of a subnet', () => {
  it.each<[routes: string[], engine: string[], chosen: string | undefined]>([
    [['vpn0 0.0.0.0/1', 'vpn0 128.0.0.0/1'], [], '10.64.0.0/24'],
    [ALL_PRIVATE, [], '100.64.0.0/24'],
    [ALL_PRIVATE, ['100.64.0.0/24'], '100.64.1.0/24'],
    [[...ALL_PRIVATE, 'vpn0 100.64.0.0/10'], [], '198.18.0.0/24'],
    [[...ALL_PRIVATE, 'vpn0 100.64.0.0/10', 'vpn0 198.18.0.0/15'], [], undefined],
  ])('beside the routes %j and networks %j: %s', (routes, engine, chosen) => {
    const free = unusedSubnets(10, used(routes, engine)).next().value;
    expect(free && formatSubnet(free)).toBe(chosen);
  });

  it('names the routes that leave none', () => {
    const taken = used([...ALL_PRIVATE, 'vpn0 100.64.0.0/10', 'vpn0 198.18.0.0/15', 'eth0 192.0.2.0/24']);
    expect(explainNoFreeSubnet(10, taken)).toEqual({
      message:
        'no private subnet for 10 nodes is free: this machine uses 10.0.0.0/8 (a route by vpn0), 172.16.0.0/12 (a route by vpn0), 192.168.0.0/16 (a route by vpn0), 100.64.0.0/10 (a route by vpn0), 198.18.0.0/15 (a route by vpn0)',
      hint: 'ip route shows its routes: end the VPN that sets them, or make them narrower',
    });
  });

  it("names the engine's networks that leave none", () => {
    const taken = used(['vpn0 10.0.0.0/8'], ['172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15']);
    expect(explainNoFreeSubnet(10, taken)).toEqual({
      message: "no private subnet for 10 nodes is free beside the engine's networks",
      hint: 'devnet ls and docker network ls show them; devnet down, or docker network rm, removes one',
    });
  });
});

describe('a declared subnet', () => {
  const HINT = 'remove `subnet` from the file to have a free one chosen, or choose another';
  it.each<[routes: string[], engine: string[], message: string | undefined, hint: string]>([
    [['vpn0 0.0.0.0/1', 'vpn0 128.0.0.0/1'], [], undefined, ''],
    [
      ['vpn0 10.0.0.0/8'],
      [],
      '10.222.9.0/24 overlaps 10.0.0.0/8, which this machine uses: a route by vpn0',
      `${HINT}; ip route shows the route`,
    ],
    [[], ['10.222.0.0/16'], '10.222.9.0/24 overlaps 10.222.0.0/16, which a network of the engine uses', HINT],
  ])('beside the routes %j and networks %j', (routes, engine, message, hint) => {
    expect(findSubnetConflict('10.222.9.0/24', used(routes, engine))).toEqual(message && { message, hint });
  });
});
