import type { CapturedPart, RunningNetwork } from '../network/running-network.ts';
import { findNode } from '../network/send-message.ts';
import { packageVersion } from '../shared/files/package-root.ts';
import { captureFilter } from './capture-filter.ts';
import { PacketOrder } from './packet-order.ts';
import { type Packet, PacketReader } from './packet-reader.ts';
import { senderOf } from './packet-sender.ts';
import {
  type CaptureInterface,
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  nameResolution,
  sectionHeader,
} from './pcapng.ts';

export interface CaptureRequest {
  /** None: all packets of the network. One node: those that it sends and is sent. Two: those between them. */
  nodes: readonly string[];
  /** Expression of pcap-filter(7). @default all packets */
  filter?: string;
  /** Ends the capture. */
  signal: AbortSignal;
}

/** Progress of a capture. */
export interface CaptureCounts {
  packets: number;
  /** Bytes of the packets. */
  bytes: number;
  /** Packets that the kernel dropped; known at the end. */
  dropped: number;
}

/** A running capture as a pcapng file. */
export interface Capture {
  readonly counts: Readonly<CaptureCounts>;
  /** Blocks that each file of the capture begins with. */
  readonly header: Buffer;
  /** Whole blocks after the header, a few at a time. Ends when the signal aborts, or the network is taken down. */
  readonly blocks: AsyncIterable<Buffer>;
}

/** Name of the interface of packets that no node sent. */
const OTHER_INTERFACE = 'devnet';

/**
 * Starts to capture. When it returns, no later packet can be missed.
 * @throws UnsupportedError; DevnetError `no_such_node`, `usage`, `engine_missing`, `image_missing`, `engine_failed`
 */
export async function openCapture(
  network: RunningNetwork,
  { nodes, filter, signal }: CaptureRequest,
): Promise<Capture> {
  const hosts = [...network.addresses].map(([name, { host }]) => ({ name, host }));
  const addresses = nodes.map((name) => findNode(network.name, hosts, name).host);
  const expression = captureFilter(addresses, filter);
  const parts = await network.capturePackets({ signal, ...(expression === undefined ? {} : { filter: expression }) });
  const counts: CaptureCounts = { packets: 0, bytes: 0, dropped: 0 };
  const nodesByAddress = new Map(hosts.map(({ name, host }) => [host, name]));
  const indexes = new Map<string | undefined, number>(hosts.map(({ name }, index) => [name, index]));
  const other = hosts.length;
  return {
    counts,
    header: captureHeader(network, nodes, filter),
    blocks: (async function* () {
      let lastTimeNs = 0n;
      const toBlocks = (packets: readonly Packet[]): Buffer[] => {
        const blocks: Buffer[] = [];
        for (const packet of packets) {
          const sender = senderOf(packet.data, nodesByAddress);
          if (sender === 'copy') continue;
          blocks.push(enhancedPacket({ ...packet, interfaceIndex: indexes.get(sender) ?? other }));
          counts.packets++;
          counts.bytes += packet.originalBytes;
          lastTimeNs = packet.timeNs;
        }
        return blocks;
      };
      for await (const { packets, dropped } of readPackets(parts)) {
        const blocks = toBlocks(packets);
        if (dropped !== undefined) {
          counts.dropped = dropped;
          blocks.push(interfaceStatistics(other, lastTimeNs, dropped));
        }
        if (blocks.length > 0) yield Buffer.concat(blocks);
      }
    })(),
  };
}

/** Packets, and at the end the number of those that were dropped. */
interface PacketBatch {
  packets: readonly Packet[];
  dropped?: number;
}

/** Reads the packets of a capture; those of several hosts in the order of their times, by one clock. */
async function* readPackets(parts: AsyncIterable<CapturedPart>): AsyncGenerator<PacketBatch> {
  const readers = new Map<string | undefined, PacketReader>();
  const order = new PacketOrder();
  for await (const part of parts) {
    if ('dropped' in part) {
      yield { packets: order.rest(), dropped: part.dropped };
      continue;
    }
    const { bytes, source } = part;
    const reader = readers.get(source?.name) ?? new PacketReader();
    readers.set(source?.name, reader);
    const packets = reader.push(bytes);
    if (source === undefined) {
      yield { packets };
      continue;
    }
    const aheadNs = BigInt(Math.round(source.clockAheadMs * 1_000_000));
    const nowMs = performance.now();
    for (const packet of packets) order.push({ ...packet, timeNs: packet.timeNs - aheadNs }, nowMs);
    yield { packets: order.take(nowMs) };
  }
  yield { packets: order.rest() };
}

/** Returns the blocks in front of the packets: the network, an interface for each node, and the names of addresses. */
function captureHeader(
  { name, runtime, topology, addresses }: RunningNetwork,
  nodes: readonly string[],
  filter: string | undefined,
): Buffer {
  const about = nodes.length === 0 ? 'all nodes' : nodes.join(' and ');
  const condition = filter === undefined ? {} : { filter };
  const comment = `network ${name} (${runtime}), packets of ${about}${filter === undefined ? '' : `, filter: ${filter}`}`;
  const images = new Map(topology.nodes.map(({ name, image = 'bundled node' }) => [name, image]));
  const interfaces: CaptureInterface[] = [
    ...[...addresses].map(([node, { host, port }]) => ({
      name: node,
      description: `sent by ${node} (${host}:${port}, ${images.get(node)})`,
      address: host,
      ...condition,
    })),
    { name: OTHER_INTERFACE, description: 'sent by devnet itself, or by what is no node', ...condition },
  ];
  return Buffer.concat([
    sectionHeader({ comment, application: `devnet ${packageVersion}` }),
    ...interfaces.map(interfaceDescription),
    nameResolution([...addresses].map(([node, { host }]) => [host, node])),
  ]);
}
