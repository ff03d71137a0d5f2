import {
  type CaptureInterface,
  enhancedPacket,
  interfaceDescription,
  nameResolution,
  sectionHeader,
} from '../../src/capture/pcapng.ts';

/** A TCP segment of a capture. */
export interface Segment {
  from: string;
  to: string;
  sourcePort?: number;
  destinationPort?: number;
  /** Number of its first byte in the stream. */
  sequence: number;
  text: string;
}

/** Packet type in the header of Linux cooked mode: to another machine, as at the port of a bridge; sent by this machine. */
export const TO_OTHERS = 3;
export const BY_THIS_MACHINE = 4;

const addressBytes = (address: string) => Buffer.from(address.split('.').map(Number));

/** Returns the header of Linux cooked mode, version 2, in front of a packet. */
export function cooked(protocol: number, packetType: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(protocol, 0);
  header.writeUInt32BE(5, 4);
  header.writeUInt16BE(1, 8);
  header[10] = packetType;
  header[11] = 6;
  return Buffer.concat([header, payload]);
}

/** Returns an IPv4 packet with a TCP segment. */
export function tcpPacket({ from, to, sourcePort = 40_000, destinationPort = 3_000, sequence, text }: Segment): Buffer {
  const payload = Buffer.from(text);
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(sourcePort, 0);
  tcp.writeUInt16BE(destinationPort, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt32BE(1, 8);
  tcp[12] = 0x50;
  tcp[13] = 0x18;
  tcp.writeUInt16BE(65_535, 14);
  const ip = Buffer.alloc(20);
  ip[0] = 0x45;
  ip.writeUInt16BE(40 + payload.length, 2);
  ip[8] = 64;
  ip[9] = 6;
  addressBytes(from).copy(ip, 12);
  addressBytes(to).copy(ip, 16);
  return Buffer.concat([ip, tcp, payload]);
}

/** Returns a pcap file with times in nanoseconds, as tcpdump writes it. */
export function pcapFile(packets: readonly Buffer[], bigEndian = false): Buffer {
  const write = (bytes: Buffer, value: number, at: number) =>
    bigEndian ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at);
  const header = Buffer.alloc(24);
  write(header, 0xa1b23c4d, 0);
  write(header, 276, 20);
  const records = packets.map((data, index) => {
    const record = Buffer.alloc(16);
    write(record, 1_700_000_000, 0);
    write(record, index, 4);
    write(record, data.length, 8);
    write(record, data.length, 12);
    return Buffer.concat([record, data]);
  });
  return Buffer.concat([header, ...records]);
}

/** Returns a pcapng file with segments that two nodes sent. */
export function pcapngFile(segments: readonly Segment[]): Buffer {
  const nodes = ['10.64.0.2', '10.64.0.3'];
  const interfaces: CaptureInterface[] = nodes.map((address, index) => ({
    name: `n${index + 1}`,
    description: `sent by n${index + 1}`,
    address,
  }));
  return Buffer.concat([
    sectionHeader({ comment: 'network test', application: 'devnet test' }),
    ...interfaces.map(interfaceDescription),
    nameResolution(nodes.map((address, index) => [address, `n${index + 1}`])),
    ...segments.map((segment, index) => {
      const data = cooked(0x0800, TO_OTHERS, tcpPacket(segment));
      const timeNs = 1_700_000_000_000_000_000n + BigInt(index) * 1_000_001n;
      return enhancedPacket({ interfaceIndex: nodes.indexOf(segment.from), timeNs, data, originalBytes: data.length });
    }),
  ]);
}
