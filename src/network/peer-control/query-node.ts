import type { NodeReport, PeerReport } from '../drift.ts';
import { type NodeClient, NodeRequestError } from './node-client.ts';

/** How long a node may think about a question, milliseconds. */
const QUERY_TIMEOUT_MS = 2_000;

/** What a node tells of itself; every field a node of another make leaves out is absent. */
export interface NodeQueryResult {
  report: NodeReport;
  /** Seconds since the node started, by its own clock. */
  uptime?: number;
  /** Connections others opened to it. */
  inbound?: number;
}

/**
 * Asks a node for its peers: `get_status`, which also tells whether the links stand, or else `get_peers`.
 * @param before how this node answered last time, so that what it lacks is not asked for again
 */
export async function queryNode(
  client: NodeClient,
  node: string,
  before?: NodeReport['source'],
): Promise<NodeQueryResult> {
  try {
    if (before !== 'get_peers' && before !== 'none') {
      const status = parseStatus(await requestReply(client, 'get_status'));
      if (status) return { ...status, report: { node, source: 'get_status', peers: status.peers } };
    }
    if (before !== 'none') {
      const peers = parsePeers(await requestReply(client, 'get_peers'));
      if (peers) return { report: { node, source: 'get_peers', peers } };
    }
    // It may lack both and still be well; a dead one refuses the connection.
    await client.dial(QUERY_TIMEOUT_MS);
    return { report: { node, source: 'none', peers: [] } };
  } catch (failure) {
    if (!(failure instanceof NodeRequestError)) throw failure;
    return { report: { node, source: 'down', peers: [] } };
  }
}

/** The reply's payload, by type; undefined when the node is there but gave no message back. */
async function requestReply(client: NodeClient, type: string): Promise<{ type: string; payload: unknown } | undefined> {
  try {
    const { message_type, payload } = await client.request({ message_type: type }, QUERY_TIMEOUT_MS);
    return { type: message_type, payload };
  } catch (failure) {
    const answered =
      failure instanceof NodeRequestError && failure.reason !== 'refused' && failure.reason !== 'unreachable';
    if (answered) return undefined;
    throw failure;
  }
}

type NodeReply = Awaited<ReturnType<typeof requestReply>>;

function parsePeers(said: NodeReply): PeerReport[] | undefined {
  if (said?.type !== 'peers' || !Array.isArray(said.payload)) return undefined;
  return said.payload.filter((peer) => typeof peer === 'string').map((address) => ({ address }));
}

function parseStatus(said: NodeReply): { peers: PeerReport[]; uptime?: number; inbound?: number } | undefined {
  if (said?.type !== 'status' || typeof said.payload !== 'object' || said.payload === null) return undefined;
  const { peers, uptime, inbound } = said.payload as Record<string, unknown>;
  if (!Array.isArray(peers)) return undefined;
  return {
    peers: peers.flatMap(parsePeer),
    ...(typeof uptime === 'number' ? { uptime } : {}),
    ...(typeof inbound === 'number' ? { inbound } : {}),
  };
}

function parsePeer(value: unknown): PeerReport[] {
  const { peer, state, rtt_ms } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (typeof peer !== 'string') return [];
  return [{ address: peer, connected: state === 'up', ...(typeof rtt_ms === 'number' ? { rtt: rtt_ms } : {}) }];
}
