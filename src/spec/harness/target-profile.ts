import { setTimeout as sleep } from 'node:timers/promises';
import { DevnetError } from '../../shared/errors.ts';
import { FakePeer } from '../transport/fake-peer.ts';
import { type DialOptions, RawConnection } from '../transport/raw-connection.ts';
import { hasGossipId, type TargetReply } from '../transport/reply.ts';
import { Transcript, type TranscriptEntry } from '../transport/transcript.ts';

/**
 * Feature that a target may support: a message type; `dial`, dialing the peers of `add_peer`; `list`, a `get_peers` that is
 * answered with a list; `question`, any request that is answered, which shows what the target has read.
 */
export type TargetCapability =
  | 'ping'
  | 'echo'
  | 'get_peers'
  | 'list_peers'
  | 'get_status'
  | 'add_peer'
  | 'remove_peer'
  | 'hello'
  | 'gossip'
  | 'dial'
  | 'list'
  | 'question';

/** Capabilities of a target, probed before the first case. */
export interface TargetProfile {
  readonly capabilities: ReadonlySet<TargetCapability>;
  /** Messages sent and received to probe each capability. */
  readonly transcripts: ReadonlyMap<TargetCapability, readonly TranscriptEntry[]>;
  /** True if the target answers a second message on a connection. */
  readonly persistent: boolean;
  /** True if the target answers only once the sender has half-closed. */
  readonly needsHalfClose: boolean;
  /** Request to use where any will do. */
  readonly probeMessage: ProbeMessage | undefined;
  /** Peers that the target had before the suite, if it says. */
  readonly peers: readonly string[] | undefined;
}

/** A message type that the target answers. */
export interface ProbeMessage {
  readonly type: string;
  readonly replyType: string | undefined;
  /** True if the answer has the payload of the request. */
  readonly echoesPayload: boolean;
  readonly payload?: unknown;
}

/** Addresses and time limits for reaching a target. */
export interface TargetContact extends DialOptions {
  readonly listenHost: string;
  readonly timeoutMs: number;
}

/** Requests without an effect: type, type of the answer, payload. */
const REQUEST_PROBES: readonly [TargetCapability, string, unknown][] = [
  ['echo', 'echo', 'spec'],
  ['ping', 'pong', 'spec'],
  ['get_peers', 'peers', undefined],
  ['list_peers', 'peers', undefined],
  ['get_status', 'status', undefined],
  ['hello', 'hello', { name: 'spec', version: '1' }],
];

const MAX_ADD_PEER_RETRIES = 5;
/** Milliseconds between `add_peer` messages that a target with a limit takes: it allows one a second. */
export const ADD_PEER_INTERVAL_MS = 1_100;

interface ProbeResult {
  reply: TargetReply | undefined;
  /** True if the reply came only after the half-close. */
  afterHalfClose: boolean;
  entries: TranscriptEntry[];
}

/**
 * Learns what a target supports.
 *
 * @throws DevnetError `node_unreachable` if nothing listens there, `usage` if the suite cannot listen at its own address
 */
export async function probeTarget(contact: TargetContact): Promise<TargetProfile> {
  await requireReachable(contact);
  const unknown = await sendProbe(contact, { message_type: 'spec_no_such_type', payload: 'spec' });
  const results = await Promise.all(
    REQUEST_PROBES.map(([type, , payload]) => sendProbe(contact, request(type, payload))),
  );
  const capabilities = new Set<TargetCapability>();
  const transcripts = new Map<TargetCapability, readonly TranscriptEntry[]>();
  let probeMessage: ProbeMessage | undefined;
  let peers: string[] | undefined;
  for (const [index, [type, answer, payload]] of REQUEST_PROBES.entries()) {
    const { reply, entries } = results[index] as ProbeResult;
    transcripts.set(type, entries);
    if (!isKnownType(reply, answer, unknown.reply)) continue;
    capabilities.add(type);
    const echoesPayload = payload === 'spec' && reply?.payload === payload;
    if (echoesPayload || type.endsWith('_peers')) probeMessage ??= { type, replyType: reply?.type, echoesPayload };
    if (type === 'get_peers' && isStringArray(reply?.payload)) {
      capabilities.add('list');
      peers = reply.payload;
    }
  }
  const peerProbe = await probeAddAndRemovePeer(contact, unknown.reply);
  for (const capability of peerProbe.capabilities) capabilities.add(capability);
  for (const capability of ['add_peer', 'dial', 'gossip', 'remove_peer'] as const)
    transcripts.set(capability, peerProbe.entries);
  probeMessage ??= peerProbe.probeMessage;
  if (probeMessage !== undefined) capabilities.add('question');
  const readsToEnd = ![...results, unknown].some(({ reply, afterHalfClose }) => reply !== undefined && !afterHalfClose);
  return {
    capabilities,
    transcripts,
    persistent: probeMessage !== undefined && !readsToEnd && (await probePersistence(contact, probeMessage)),
    needsHalfClose: readsToEnd && probeMessage !== undefined,
    probeMessage,
    peers,
  };
}

/** Formats a message as nodes send it. */
export function formatMessage(message: unknown): string {
  return `${JSON.stringify(message)}\n\n`;
}

export function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function request(type: string, payload: unknown) {
  return { message_type: type, ...(payload === undefined ? {} : { payload }) };
}

/** A type is known if its reply is the expected answer, or at least another type than the reply to an unknown type. */
function isKnownType(reply: TargetReply | undefined, answer: string, toUnknown: TargetReply | undefined): boolean {
  if (reply?.type === undefined || reply.type === 'error') return false;
  return reply.type === answer || reply.type !== toUnknown?.type;
}

async function requireReachable(contact: TargetContact): Promise<void> {
  try {
    (await RawConnection.dial(contact, 'conn 1', new Transcript(), contact.timeoutMs * 2)).close();
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new DevnetError('node_unreachable', `nothing answers at ${contact.host}:${contact.port} (${reason})`, {
      hint: 'start the node first, and check the address and the port',
      cause,
    });
  }
}

async function sendProbe(contact: TargetContact, message: unknown): Promise<ProbeResult> {
  const transcript = new Transcript();
  let reply: TargetReply | undefined;
  let afterHalfClose = false;
  try {
    const connection = await RawConnection.dial(contact, 'conn 1', transcript, contact.timeoutMs);
    connection.send(formatMessage(message));
    reply = await connection.reply(contact.timeoutMs);
    if (reply === undefined && !connection.ended) {
      afterHalfClose = true;
      connection.halfClose();
      reply = await connection.reply(contact.timeoutMs);
    }
    connection.close();
  } catch (error) {
    transcript.event('conn 1', (error as Error).message);
  }
  return { reply, afterHalfClose, entries: transcript.entries };
}

interface PeerProbeResult {
  capabilities: TargetCapability[];
  entries: TranscriptEntry[];
  probeMessage: ProbeMessage | undefined;
}

/** Adds a peer, checks whether the target dials it and sends it gossip, and removes it again. */
async function probeAddAndRemovePeer(
  contact: TargetContact,
  toUnknown: TargetReply | undefined,
): Promise<PeerProbeResult> {
  const transcript = new Transcript();
  const capabilities: TargetCapability[] = [];
  const peer = await FakePeer.listen(contact.listenHost, 'peer 1', transcript, {}).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new DevnetError('usage', `cannot listen at ${contact.listenHost} (${cause.code})`, {
        hint: 'give an address of this machine that the node can dial',
        cause,
      });
    },
  );
  const send = async (type: string) => {
    const result = await sendProbe(contact, request(type, peer.address));
    for (const { text, kind } of result.entries) transcript.event('conn 1', `${kind}: ${text}`);
    return result.reply;
  };
  let added = await send('add_peer');
  for (let left = MAX_ADD_PEER_RETRIES; left > 0 && added?.code === 'rate_limited'; left--) {
    await sleep(ADD_PEER_INTERVAL_MS);
    added = await send('add_peer');
  }
  const dialed = await peer.waitForDials(contact.timeoutMs);
  if (dialed) capabilities.push('dial');
  const answered = isKnownType(added, 'peers', toUnknown);
  if (dialed || answered) capabilities.push('add_peer');
  if (dialed) {
    const id = `spec-probe-${process.pid}-${Date.now()}`;
    void sendProbe(contact, request('gossip', { id })).catch(() => {});
    const gossip = await peer.waitForMessage((message) => hasGossipId(message, id), contact.timeoutMs);
    if (gossip !== undefined) capabilities.push('gossip');
  }
  const removed = await send('remove_peer');
  if (isKnownType(removed, 'peers', toUnknown)) capabilities.push('remove_peer');
  peer.close();
  const probeMessage = answered
    ? { type: 'add_peer', replyType: added?.type, echoesPayload: false, payload: peer.address }
    : undefined;
  return { capabilities, entries: transcript.entries, probeMessage };
}

async function probePersistence(contact: TargetContact, { type, payload }: ProbeMessage): Promise<boolean> {
  const connection = await RawConnection.dial(contact, 'conn 1', new Transcript(), contact.timeoutMs);
  const question = formatMessage(request(type, payload));
  connection.send(question);
  await connection.reply(contact.timeoutMs);
  connection.send(question);
  const second = await connection.reply(contact.timeoutMs);
  connection.close();
  return second !== undefined;
}
