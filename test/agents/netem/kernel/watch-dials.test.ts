import { expect, it } from 'vitest';
import { parseDial } from '../../../../src/agents/netem/kernel/watch-dials.ts';

const line = (chain: string, rest: string) => `trace id 2d34c676 ip devnet-lab ${chain} ${rest}`;
const packet =
  'packet: iif "br0" ether saddr 32:67:6d:c4:56:4b ether daddr 22:42:67:d3:ce:23 ip saddr 10.64.0.2 ip daddr 10.64.0.3 ' +
  'ip dscp cs0 ip ecn not-ect ip ttl 64 ip id 63794 ip length 60 tcp sport 42264 tcp dport 3000 tcp flags == syn tcp window 64240';

it('reads a dial from what nft reports of a packet', () => {
  const dial = { client: '10.64.0.2', clientPort: 42_264, server: '10.64.0.3', serverPort: 3000 };
  expect(parseDial(line('tracked_in', packet), 'lab')).toEqual(dial);
});

it.each([
  ['a packet of another network', line('tracked_in', packet), 'other'],
  ['a network whose name begins the same', line('tracked_in', packet), 'la'],
  ['another chain', line('unknown', packet), 'lab'],
  ['a rule', line('tracked_in', 'rule tcp flags syn / syn,ack meta nftrace set 1 drop (verdict drop)'), 'lab'],
  ['a packet that is not TCP', line('tracked_in', packet.replaceAll('tcp', 'udp')), 'lab'],
  ['an empty line', '', 'lab'],
])('reads no dial from %s', (_, text, devnet) => {
  expect(parseDial(text, devnet)).toBeUndefined();
});
