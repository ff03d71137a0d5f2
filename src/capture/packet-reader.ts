/** A packet as a program captured it. */
export interface Packet {
  /** Nanoseconds since the epoch. */
  timeNs: bigint;
  /** Bytes of it that were captured. */
  data: Buffer;
  /** Length of the whole packet, bytes. */
  originalBytes: number;
}

/** A format that packets are read in. */
interface Format {
  /** Returns the record at a place, and where it ends; undefined where it is not complete yet. */
  read(bytes: Buffer, at: number): { packet?: Packet; end: number } | undefined;
}

const PCAP_NANOSECONDS = 0xa1b23c4d;
const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_INTERFACE = 1;
const PCAPNG_PACKET = 6;
const PCAPNG_RESOLUTION_OPTION = 9;
const NANOSECONDS_PER_SECOND = 1_000_000_000n;

/** Reads packets from the pcap file of tcpdump or the pcapng file of dumpcap, however it is cut. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);
  #format: Format | undefined;

  /** Returns the packets that a chunk completes. @throws Error when it is no such file */
  push(chunk: Buffer): Packet[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const packets: Packet[] = [];
    let at = 0;
    this.#format ??= formatOf(bytes);
    for (let record = this.#format?.read(bytes, at); record; record = this.#format?.read(bytes, at)) {
      if (record.packet) packets.push(record.packet);
      at = record.end;
    }
    this.#rest = bytes.subarray(at);
    return packets;
  }
}

function formatOf(bytes: Buffer): Format | undefined {
  if (bytes.length < 4) return undefined;
  if (bytes.readUInt32LE(0) === PCAPNG_SECTION) return new PcapngFormat();
  if (bytes.readUInt32LE(0) === PCAP_NANOSECONDS) return new PcapFormat((from, at) => from.readUInt32LE(at));
  if (bytes.readUInt32BE(0) === PCAP_NANOSECONDS) return new PcapFormat((from, at) => from.readUInt32BE(at));
  throw new Error('packets came in no format that is known');
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html, of either byte order. */
class PcapFormat implements Format {
  static readonly #fileHeaderBytes = 24;
  static readonly #packetHeaderBytes = 16;
  readonly #readUInt32: (bytes: Buffer, at: number) => number;
  #isHeaderRead = false;

  constructor(readUInt32: (bytes: Buffer, at: number) => number) {
    this.#readUInt32 = readUInt32;
  }

  read(bytes: Buffer, at: number): { packet?: Packet; end: number } | undefined {
    if (!this.#isHeaderRead) {
      if (bytes.length - at < PcapFormat.#fileHeaderBytes) return undefined;
      this.#isHeaderRead = true;
      return { end: at + PcapFormat.#fileHeaderBytes };
    }
    const start = at + PcapFormat.#packetHeaderBytes;
    if (bytes.length < start) return undefined;
    const field = (index: number) => this.#readUInt32(bytes, at + 4 * index);
    const end = start + field(2);
    if (bytes.length < end) return undefined;
    const timeNs = BigInt(field(0)) * NANOSECONDS_PER_SECOND + BigInt(field(1));
    return { packet: { timeNs, data: bytes.subarray(start, end), originalBytes: field(3) }, end };
  }
}

/** https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html, little-endian, as dumpcap writes it on this kind of machine. */
class PcapngFormat implements Format {
  /** Nanoseconds of each interface's unit of time. */
  readonly #unitsNs: bigint[] = [];

  read(bytes: Buffer, at: number): { packet?: Packet; end: number } | undefined {
    if (bytes.length - at < 12) return undefined;
    const end = at + bytes.readUInt32LE(at + 4);
    if (bytes.length < end) return undefined;
    const type = bytes.readUInt32LE(at);
    const body = bytes.subarray(at + 8, end - 4);
    if (type === PCAPNG_INTERFACE) this.#unitsNs.push(unitOf(body));
    return type === PCAPNG_PACKET ? { packet: this.#packetOf(body), end } : { end };
  }

  #packetOf(body: Buffer): Packet {
    const unitNs = this.#unitsNs[body.readUInt32LE(0)] ?? 1_000n;
    const time = (BigInt(body.readUInt32LE(4)) << 32n) + BigInt(body.readUInt32LE(8));
    const data = body.subarray(20, 20 + body.readUInt32LE(12));
    return { timeNs: time * unitNs, data, originalBytes: body.readUInt32LE(16) };
  }
}

/** Returns the nanoseconds of the unit that the options of an interface name, a negative power of ten; microseconds by default. */
function unitOf(body: Buffer): bigint {
  for (let at = 8; at + 4 <= body.length; ) {
    const [code, length] = [body.readUInt16LE(at), body.readUInt16LE(at + 2)];
    if (code === 0) break;
    if (code === PCAPNG_RESOLUTION_OPTION) return 10n ** BigInt(9 - Math.min(9, body[at + 4] as number));
    at += 4 + length + (-length & 3);
  }
  return 1_000n;
}
