// Blocks of a pcapng file, by https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html, all little-endian.

const BLOCK = { section: 0x0a0d0d0a, interface: 1, names: 4, statistics: 5, packet: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const UNKNOWN_LENGTH = 0xffffffffffffffffn;
/** Linux cooked mode, version 2: where the packet passed, and its protocol, in front of it. */
const LINKTYPE_LINUX_SLL2 = 276;
const NANOSECONDS = 9;
const IPV4_NAME = 1;
const OUTBOUND = 2;

interface Option {
  code: number;
  value: Buffer | string;
}

/** Returns the block that a file begins with. */
export function sectionHeader({ comment, application }: { comment: string; application: string }): Buffer {
  const fields = Buffer.alloc(16);
  fields.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  fields.writeUInt16LE(1, 4); // Version 1.0.
  fields.writeBigUInt64LE(UNKNOWN_LENGTH, 8);
  return block(BLOCK.section, [fields, options({ code: 1, value: comment }, { code: 4, value: application })]);
}

export interface CaptureInterface {
  name: string;
  description: string;
  /** IPv4. @default none */
  address?: string;
  /** Expression that chose the packets. @default none */
  filter?: string;
}

/** Returns the block of an interface. Packets name it by its number, in the order of these blocks. */
export function interfaceDescription({ name, description, address, filter }: CaptureInterface): Buffer {
  const fields = Buffer.alloc(8);
  fields.writeUInt16LE(LINKTYPE_LINUX_SLL2, 0);
  const given: Option[] = [
    { code: 2, value: name },
    { code: 3, value: description },
    ...(address === undefined
      ? []
      : [{ code: 4, value: Buffer.concat([addressBytes(address), Buffer.alloc(4, 0xff)]) }]),
    { code: 9, value: Buffer.of(NANOSECONDS) },
    // The first byte says that text follows.
    ...(filter === undefined ? [] : [{ code: 11, value: Buffer.from(`\0${filter}`) }]),
  ];
  return block(BLOCK.interface, [fields, options(...given)]);
}

/** Returns the block that gives addresses names. */
export function nameResolution(names: Iterable<[address: string, name: string]>): Buffer {
  const records = [...names].map(([address, name]) => {
    const value = Buffer.concat([addressBytes(address), Buffer.from(`${name}\0`)]);
    return Buffer.concat([shorts(IPV4_NAME, value.length), padded(value)]);
  });
  return block(BLOCK.names, [...records, shorts(0, 0)]);
}

export interface EncodedPacket {
  /** Number of the interface that sent it. */
  interfaceIndex: number;
  /** Nanoseconds since the epoch. */
  timeNs: bigint;
  data: Buffer;
  originalBytes: number;
}

/** Returns the block of a packet. */
export function enhancedPacket({ interfaceIndex, timeNs, data, originalBytes }: EncodedPacket): Buffer {
  const fields = Buffer.alloc(20);
  fields.writeUInt32LE(interfaceIndex, 0);
  writeTime(fields, 4, timeNs);
  fields.writeUInt32LE(data.length, 12);
  fields.writeUInt32LE(originalBytes, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(OUTBOUND);
  return block(BLOCK.packet, [fields, padded(data), options({ code: 2, value: flags })]);
}

/** Returns the block that ends a capture: how many packets are missing from it. */
export function interfaceStatistics(interfaceIndex: number, timeNs: bigint, dropped: number): Buffer {
  const fields = Buffer.alloc(12);
  fields.writeUInt32LE(interfaceIndex, 0);
  writeTime(fields, 4, timeNs);
  const count = Buffer.alloc(8);
  count.writeBigUInt64LE(BigInt(dropped));
  return block(BLOCK.statistics, [fields, options({ code: 7, value: count })]);
}

function block(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length + 12;
  const [head, tail] = [Buffer.alloc(8), Buffer.alloc(4)];
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([head, body, tail]);
}

function options(...all: readonly Option[]): Buffer {
  const encoded = all.map(({ code, value }) => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return Buffer.concat([shorts(code, bytes.length), padded(bytes)]);
  });
  return Buffer.concat([...encoded, shorts(0, 0)]);
}

function shorts(first: number, second: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16LE(first, 0);
  bytes.writeUInt16LE(second, 2);
  return bytes;
}

/** The upper half first, both little-endian. */
function writeTime(bytes: Buffer, at: number, timeNs: bigint): void {
  bytes.writeUInt32LE(Number(timeNs >> 32n), at);
  bytes.writeUInt32LE(Number(timeNs & 0xffffffffn), at + 4);
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
const addressBytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number));
