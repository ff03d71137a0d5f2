/** A packet of a pcapng file. */
export interface ReadPacket {
  /** Name of the interface that sent it. */
  sender: string;
  /** All of it as text, one character for each byte. */
  text: string;
}

const INTERFACE = 1;
const PACKET = 6;

/** Reads a pcapng file that devnet wrote. @throws Error where it is not whole */
export function readPcapng(file: Buffer): { interfaces: string[]; packets: ReadPacket[] } {
  const interfaces: string[] = [];
  const packets: ReadPacket[] = [];
  for (let at = 0; at < file.length; ) {
    const [type, length] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    const block = file.subarray(at + 8, at + length - 4);
    if (file.readUInt32LE(at + length - 4) !== length) throw new Error(`block at ${at} does not end as it begins`);
    if (type === INTERFACE) interfaces.push(block.subarray(12, 12 + block.readUInt16LE(10)).toString());
    if (type === PACKET) {
      const data = block.subarray(20, 20 + block.readUInt32LE(12));
      packets.push({ sender: interfaces[block.readUInt32LE(0)] as string, text: data.toString('latin1') });
    }
    at += length;
  }
  return { interfaces, packets };
}
