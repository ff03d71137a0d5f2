import type { RunningNetwork } from '../network/running-network.ts';
import { findNode } from '../network/send-message.ts';
import { packageVersion } from '../shared/files/package-root.ts';
import { captureFilter } from './capture-filter.ts';
import { PacketReader } from './packet-reader.ts';
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

/** What a capture has so far. */
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
      const reader = new PacketReader();
      let lastTimeNs = 0n;
      for await (const part of parts) {
        if ('dropped' in part) {
          counts.dropped = part.dropped;
          yield interfaceStatistics(other, lastTimeNs, part.dropped);
          continue;
        }
        const blocks: Buffer[] = [];
        for (const packet of reader.push(part.bytes)) {
          const sender = senderOf(packet.data, nodesByAddress);
          if (sender === 'copy') continue;
          blocks.push(enhancedPacket({ ...packet, interfaceIndex: indexes.get(sender) ?? other }));
          counts.packets++;
          counts.bytes += packet.originalBytes;
          lastTimeNs = packet.timeNs;
        }
        if (blocks.length > 0) yield Buffer.concat(blocks);
      }
    })(),
  };
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
