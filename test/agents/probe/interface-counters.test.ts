import { expect, it } from 'vitest';
import { parseNetstat, receivedWireBytes } from '../../../src/agents/probe/interface-counters.ts';

const DEV = (
  bytes: number,
  packets: number,
) => `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9999999    9999    0    0    0     0          0         0  9999999    9999    0    0    0     0       0          0
  eth0:${bytes} ${packets}    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;
const NETSTAT = (segments: number) => `TcpExt: SyncookiesSent SyncookiesRecv
TcpExt: 0 0
IpExt: InNoRoutes InOctets InNoECTPkts InECT1Pkts InECT0Pkts InCEPkts
IpExt: 0 123 ${segments - 3} 0 2 1
`;

it('counts the headers of every segment, also of those that came as one packet', () => {
  expect(receivedWireBytes(DEV(3_028, 2), NETSTAT(2))).toBe(3_028);
  // 10 segments in one packet: 14,480 bytes and one header.
  expect(receivedWireBytes(DEV(14_546, 1), NETSTAT(10))).toBe(10 * 1_514);
  // ARP is no packet of IP.
  expect(receivedWireBytes(DEV(3_070, 3), NETSTAT(2))).toBe(3_070);
});

it('reads counters by their names', () => {
  expect(parseNetstat('Udp: InDatagrams RcvbufErrors\nUdp: 12 3\n', 'Udp').get('RcvbufErrors')).toBe(3);
  expect(parseNetstat('', 'Udp').get('RcvbufErrors')).toBeUndefined();
});
