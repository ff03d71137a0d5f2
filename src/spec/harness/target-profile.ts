import { DevnetError } from '../../shared/errors.ts';
import { sleep } from '../transport/condition-variable.ts';
import { FakePeer } from '../transport/fake-peer.ts';
import { type DialOptions, RawConnection } from '../transport/raw-connection.ts';
import type { TargetReply } from '../transport/reply.ts';
import { Transcript, type TranscriptEntry } from '../transport/transcript.ts';

/**
 * What a target may be able to do: know a message type, `dial` the peers it is told of, give a `list` of them that can
 * be read, or answer some `question` or other, so that one can see what it has read.
 */
export type Capability =
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

/** What was learned of a target before the first case, so that each case asks only for what can be there. */
export interface TargetProfile {
  readonly capabilities: ReadonlySet<Capability>;
  /** What was exchanged to learn of an ability. */
  readonly transcripts: ReadonlyMap<Capability, readonly TranscriptEntry[]>;
  /** A second message on a connection is answered; otherwise it serves one message a connection. */
  readonly persistent: boolean;
  /** It answers only once the sender has half-closed. */
  readonly needsHalfClose: boolean;
  /** What it is asked where any question will do. */
  readonly probeMessage: ProbeMessage | undefined;
  /** The peers it had, where it could say. */
  readonly peers: readonly string[] | undefined;
}

/** A message type that is answered, and the type of the answer. */
export interface ProbeMessage {
  readonly type: string;
  readonly replyType: string | undefined;
  /** The payload comes back. */
  readonly echoesPayload: boolean;
  readonly payload?: unknown;
}

/** How to reach a target and how patient to be. */
export interface TargetContact extends DialOptions {
  readonly listenHost: string;
  /** Milliseconds to wait for anything. */
  readonly timeoutMs: number;
}

/** Types that are asked for without an effect, with the payload they are asked with and the answer they have. */
const REQUEST_PROBES: readonly [Capability, string, unknown][] = [
  ['echo', 'echo', 'spec'],
  ['ping', 'pong', 'spec'],
  ['get_peers', 'peers', undefined],
  ['list_peers', 'peers', undefined],
  ['get_status', 'status', undefined],
  ['hello', 'hello', { name: 'spec', version: '1' }],
];

interface ProbeReply {
  reply: TargetReply | undefined;
  afterHalfClose: boolean;
  entries: TranscriptEntry[];
}

/** Learns what a target can do. Throws DevnetError `node_unreachable` when there is nothing to connect to. */
export async function probeTarget(contact: TargetContact): Promise<TargetProfile> {
  await requireReachable(contact);
  const stranger = await sendProbe(contact, { message_type: 'spec_no_such_type', payload: 'spec' });
  const answers = await Promise.all(
    REQUEST_PROBES.map(([type, , payload]) =>
      sendProbe(contact, { message_type: type, ...(payload === undefined ? {} : { payload }) }),
    ),
  );
  const abilities = new Set<Capability>();
  const evidence = new Map<Capability, readonly TranscriptEntry[]>();
  let vehicle: ProbeMessage | undefined;
  let peers: string[] | undefined;
  for (const [index, [ability, answer, payload]] of REQUEST_PROBES.entries()) {
    const { reply, entries } = answers[index] as ProbeReply;
    evidence.set(ability, entries);
    if (!isKnownType(reply, answer, stranger.reply)) continue;
    abilities.add(ability);
    const carries = payload === 'spec' && reply?.payload === payload;
    if (carries || ability.endsWith('_peers'))
      vehicle ??= { type: ability, replyType: reply?.type, echoesPayload: carries };
    if (ability === 'get_peers' && isStringArray(reply?.payload)) {
      abilities.add('list');
      peers = reply.payload;
    }
  }
  const adding = await probeAddAndRemovePeer(contact, stranger.reply);
  for (const ability of adding.capabilities) abilities.add(ability);
  for (const ability of ['add_peer', 'dial', 'gossip', 'remove_peer'] as const) evidence.set(ability, adding.entries);
  vehicle ??= adding.probeMessage;
  if (vehicle !== undefined) abilities.add('question');
  const readsToEnd = ![...answers, stranger].some(({ reply, afterHalfClose: late }) => reply !== undefined && !late);
  const persistent = vehicle !== undefined && !readsToEnd && (await probePersistence(contact, vehicle));
  return {
    capabilities: abilities,
    transcripts: evidence,
    persistent,
    needsHalfClose: readsToEnd && vehicle !== undefined,
    probeMessage: vehicle,
    peers,
  };
}

/** The text of a message, as nodes send it. */
export function formatMessage(message: unknown): string {
  return `${JSON.stringify(message)}\n\n`;
}

/** A type is known when it gets its own answer, or at least another one than a type that nobody knows. */
function isKnownType(reply: TargetReply | undefined, answer: string, stranger: TargetReply | undefined): boolean {
  if (reply?.type === undefined || reply.type === 'error') return false;
  return reply.type === answer || reply.type !== stranger?.type;
}

export function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((peer) => typeof peer === 'string');
}

async function requireReachable(contact: TargetContact): Promise<void> {
  try {
    (await RawConnection.dial(contact, 'conn 1', new Transcript(), contact.timeoutMs * 2)).close();
  } catch (cause) {
    const { host, port } = contact;
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new DevnetError('node_unreachable', `nothing answers at ${host}:${port} (${reason})`, {
      hint: 'start the node first, and check the address and the port',
      cause,
    });
  }
}

async function sendProbe(contact: TargetContact, message: unknown): Promise<ProbeReply> {
  const exchange = new Transcript();
  let reply: TargetReply | undefined;
  let late = false;
  try {
    const wire = await RawConnection.dial(contact, 'conn 1', exchange, contact.timeoutMs);
    wire.send(formatMessage(message));
    reply = await wire.reply(contact.timeoutMs);
    if (reply === undefined && !wire.ended) {
      late = true;
      wire.halfClose();
      reply = await wire.reply(contact.timeoutMs);
    }
    wire.close();
  } catch (error) {
    exchange.event('conn 1', (error as Error).message);
  }
  return { reply, afterHalfClose: late, entries: exchange.entries };
}

interface AddPeerFindings {
  capabilities: Capability[];
  entries: TranscriptEntry[];
  probeMessage: ProbeMessage | undefined;
}

/** Adds a peer, sees whether it is dialed and told of news, and removes it again. */
async function probeAddAndRemovePeer(
  contact: TargetContact,
  stranger: TargetReply | undefined,
): Promise<AddPeerFindings> {
  const exchange = new Transcript();
  const abilities: Capability[] = [];
  const peer = await FakePeer.listen(contact.listenHost, 'peer 1', exchange, {}).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new DevnetError('usage', `the suite cannot listen at ${contact.listenHost} (${cause.code})`, {
        hint: 'give an address of this machine that the node can dial',
        cause,
      });
    },
  );
  const tell = async (message: unknown) => {
    const answer = await sendProbe(contact, message);
    for (const { text, kind } of answer.entries) exchange.event('conn 1', `${kind}: ${text}`);
    return answer.reply;
  };
  const adding = { message_type: 'add_peer', payload: peer.address };
  let added = await tell(adding);
  for (let left = 5; left > 0 && added?.code === 'rate_limited'; left--) {
    await sleep(1_100);
    added = await tell(adding);
  }
  const dialed = await peer.waitForDials(contact.timeoutMs);
  if (dialed) abilities.push('dial');
  const replied = isKnownType(added, 'peers', stranger);
  if (dialed || replied) abilities.push('add_peer');
  if (dialed) {
    const id = `spec-probe-${process.pid}-${Date.now()}`;
    void sendProbe(contact, { message_type: 'gossip', payload: { id } }).catch(() => {});
    const news = await peer.waitForMessage(
      ({ payload }) => (payload as { id?: unknown } | null)?.id === id,
      contact.timeoutMs,
    );
    if (news !== undefined) abilities.push('gossip');
  }
  const removed = await tell({ message_type: 'remove_peer', payload: peer.address });
  if (isKnownType(removed, 'peers', stranger)) abilities.push('remove_peer');
  peer.close();
  const vehicle = replied
    ? { type: 'add_peer', replyType: added?.type, echoesPayload: false, payload: peer.address }
    : undefined;
  return { capabilities: abilities, entries: exchange.entries, probeMessage: vehicle };
}

async function probePersistence(contact: TargetContact, { type, payload }: ProbeMessage): Promise<boolean> {
  const wire = await RawConnection.dial(contact, 'conn 1', new Transcript(), contact.timeoutMs);
  const question = formatMessage({ message_type: type, ...(payload === undefined ? {} : { payload }) });
  wire.send(question);
  await wire.reply(contact.timeoutMs);
  wire.send(question);
  const second = await wire.reply(contact.timeoutMs);
  wire.close();
  return second !== undefined;
}
