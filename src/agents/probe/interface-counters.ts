import { readFile } from 'node:fs/promises';

/** Ethernet, IPv4 and TCP headers with timestamps, which every segment has. */
const SEGMENT_HEADER_BYTES = 66;

/**
 * Returns the bytes that all interfaces but loopback have received on the wire. The kernel may hand over many segments as one
 * packet, whose headers are counted once: the others are added for each segment that IP has counted.
 *
 * @param netDev text of /proc/net/dev
 * @param netstat text of /proc/net/netstat
 */
export function receivedWireBytes(netDev: string, netstat: string): number {
  let [bytes, packets] = [0, 0];
  for (const line of netDev.split('\n')) {
    const match = /^\s*([^\s:]+):\s*(\d+)\s+(\d+)/.exec(line);
    if (!match || match[1] === 'lo') continue;
    bytes += Number(match[2]);
    packets += Number(match[3]);
  }
  const counters = parseNetstat(netstat, 'IpExt');
  const segments = ['InNoECTPkts', 'InECT0Pkts', 'InECT1Pkts', 'InCEPkts'].reduce(
    (sum, name) => sum + (counters.get(name) ?? 0),
    0,
  );
  return bytes + SEGMENT_HEADER_BYTES * Math.max(0, segments - packets);
}

/** Returns the counters of one protocol in the format of /proc/net/netstat and /proc/net/snmp: a line of names, one of values. */
export function parseNetstat(text: string, protocol: string): Map<string, number> {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith(`${protocol}: `))
    .map((line) => line.split(/\s+/).slice(1));
  return new Map(names.map((name, index) => [name, Number(values[index])]));
}

/** Reads {@link receivedWireBytes} of the network namespace of this process. */
export async function readReceivedWireBytes(): Promise<number> {
  const [netDev, netstat] = await Promise.all([
    readFile('/proc/net/dev', 'utf8'),
    readFile('/proc/net/netstat', 'utf8'),
  ]);
  return receivedWireBytes(netDev, netstat);
}

/** Reads how many datagrams were dropped because no program had read those before them. */
export async function readUnreadDatagrams(): Promise<number> {
  return parseNetstat(await readFile('/proc/net/snmp', 'utf8'), 'Udp').get('RcvbufErrors') ?? 0;
}
