// Offsets in a packet with the header of Linux cooked mode, version 2 (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).
const PACKET_TYPE_AT = 10;
const HEADER_BYTES = 20;
const SENT_BY_THIS_MACHINE = 4;
const IPV4 = 0x0800;
const ARP = 0x0806;
const SOURCE_IN_IPV4 = 12;
const SOURCE_IN_ARP = 14;

/**
 * Returns the node that sent a packet; undefined where devnet itself or something else on the network did; `copy` for a packet
 * that the netem agent's proxy passes on in the name of a node, whose own packet was captured already.
 */
export function senderOf(packet: Buffer, nodesByAddress: ReadonlyMap<string, string>): string | undefined | 'copy' {
  const address = sourceAddress(packet);
  const node = address === undefined ? undefined : nodesByAddress.get(address);
  return node !== undefined && packet[PACKET_TYPE_AT] === SENT_BY_THIS_MACHINE ? 'copy' : node;
}

function sourceAddress(packet: Buffer): string | undefined {
  const protocol = packet.length < HEADER_BYTES ? undefined : packet.readUInt16BE(0);
  const offset = protocol === IPV4 ? SOURCE_IN_IPV4 : protocol === ARP ? SOURCE_IN_ARP : undefined;
  if (offset === undefined) return undefined;
  return [...packet.subarray(HEADER_BYTES + offset, HEADER_BYTES + offset + 4)].join('.');
}
