import { setTimeout as sleep } from 'node:timers/promises';
import { DevnetError } from '../../shared/errors.ts';
import { pluralize } from '../../shared/text.ts';
import { FakePeer } from '../transport/fake-peer.ts';
import { type DialOptions, RawConnection } from '../transport/raw-connection.ts';
import { hasGossipId, quoteReply, type TargetReply } from '../transport/reply.ts';
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
  /** Answers that probes of missing capabilities got instead, as the end of a sentence. */
  readonly lacks: ReadonlyMap<TargetCapability, string>;
  /** Messages sent and received to probe each capability. */
  readonly transcripts: ReadonlyMap<TargetCapability, readonly TranscriptEntry[]>;
  /** True if the target answers on a connection only once some of those before it are closed. */
  readonly servesFewAtATime: boolean;
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

/** A target that serves no more connections than these at a time is tested case by case. */
export const DEFAULT_PARALLEL_CASES = 6;
/** Time in which a target notices that connections were closed. */
const CLOSE_NOTICE_MS = 200;
const MAX_ADD_PEER_RETRIES = 5;
/** Milliseconds between `add_peer` messages that a target with a limit takes: it allows one a second. */
export const ADD_PEER_INTERVAL_MS = 1_100;

interface ProbeResult {
  reply: TargetReply | undefined;
  /** True if the reply came only after the half-close. */
  afterHalfClose: boolean;
  /** True if the target closed the connection. */
  ended: boolean;
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
  const probe = async ([type, , payload]: (typeof REQUEST_PROBES)[number]) =>
    sendProbe(contact, request(type, payload));
  let results = await Promise.all(REQUEST_PROBES.map(probe));
  const question = chooseProbeMessage(results, unknown.reply);
  const isAnySilent = results.some(({ reply }) => reply === undefined);
  if (isAnySilent && (question === undefined || (await servesFew(contact, question, readsToEnd(results))))) {
    // A target that serves few connections at a time may not have come to those that it did not answer.
    results = [];
    for (const one of REQUEST_PROBES) results.push(await probe(one));
  }
  const capabilities = new Set<TargetCapability>();
  const lacks = new Map<TargetCapability, string>();
  const transcripts = new Map<TargetCapability, readonly TranscriptEntry[]>();
  let peers: string[] | undefined;
  for (const [index, [type, answer]] of REQUEST_PROBES.entries()) {
    const result = results[index] as ProbeResult;
    const { reply, entries } = result;
    transcripts.set(type, entries);
    if (isKnownType(reply, answer, unknown.reply)) capabilities.add(type);
    else lacks.set(type, describeRefusal(type, result, unknown.reply, contact));
    if (type !== 'get_peers') continue;
    transcripts.set('list', entries);
    if (capabilities.has(type) && isStringArray(reply?.payload)) {
      capabilities.add('list');
      peers = reply.payload;
    } else lacks.set('list', describeRefusal(type, result, unknown.reply, contact));
  }
  const peerProbe = await probeAddAndRemovePeer(contact, unknown.reply);
  for (const [capability, lack] of peerProbe.findings) {
    transcripts.set(capability, peerProbe.entries);
    if (lack === undefined) capabilities.add(capability);
    else lacks.set(capability, lack);
  }
  const probeMessage = chooseProbeMessage(results, unknown.reply) ?? peerProbe.probeMessage;
  if (probeMessage !== undefined) capabilities.add('question');
  else lacks.set('question', 'it answered none of the requests that the suite tried');
  const needsHalfClose = probeMessage !== undefined && readsToEnd([...results, unknown]);
  return {
    capabilities,
    lacks,
    transcripts,
    servesFewAtATime: probeMessage !== undefined && (await servesFew(contact, probeMessage, needsHalfClose)),
    persistent: probeMessage !== undefined && !needsHalfClose && (await probePersistence(contact, probeMessage)),
    needsHalfClose,
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

/** Returns the first request that was answered, preferably one whose answer has the payload. */
function chooseProbeMessage(
  results: readonly ProbeResult[],
  toUnknown: TargetReply | undefined,
): ProbeMessage | undefined {
  for (const [index, [type, answer, payload]] of REQUEST_PROBES.entries()) {
    const { reply } = results[index] as ProbeResult;
    if (!isKnownType(reply, answer, toUnknown)) continue;
    const echoesPayload = payload === 'spec' && reply?.payload === payload;
    if (echoesPayload || type.endsWith('_peers')) return { type, replyType: reply?.type, echoesPayload };
  }
  return undefined;
}

/** Describes the reply that showed that a type is not known. */
function describeRefusal(
  type: string,
  { reply, ended }: ProbeResult,
  toUnknown: TargetReply | undefined,
  { timeoutMs }: TargetContact,
): string {
  if (reply === undefined)
    return ended
      ? `no reply to ${type}: it closed the connection`
      : `no reply to ${type} within ${timeoutMs / 1_000} s`;
  const isAsUnknown = reply.type === toUnknown?.type && reply.code === toUnknown?.code;
  return `the reply to ${type} was ${quoteReply(reply)}${isAsUnknown ? ', as to a type that no node knows' : ''}`;
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

async function sendProbe(
  contact: TargetContact,
  message: unknown,
  transcript = new Transcript(),
  name = 'conn 1',
): Promise<ProbeResult> {
  let reply: TargetReply | undefined;
  let afterHalfClose = false;
  let ended = false;
  try {
    const connection = await RawConnection.dial(contact, name, transcript, contact.timeoutMs);
    connection.send(formatMessage(message));
    reply = await connection.reply(contact.timeoutMs);
    if (reply === undefined && !connection.ended) {
      afterHalfClose = true;
      connection.halfClose();
      reply = await connection.reply(contact.timeoutMs);
    }
    ended = connection.ended;
    connection.close();
  } catch (error) {
    transcript.event(name, (error as Error).message);
  }
  return { reply, afterHalfClose, ended, entries: transcript.entries };
}

/** True if the target has answered nothing before the sender had half-closed. */
function readsToEnd(results: readonly ProbeResult[]): boolean {
  return !results.some(({ reply, afterHalfClose }) => reply !== undefined && !afterHalfClose);
}

/** True if a question is answered only once idle connections from before it are closed. */
async function servesFew(contact: TargetContact, question: ProbeMessage, needsHalfClose: boolean): Promise<boolean> {
  // Twice, as a busy target may answer late once.
  const waits = () => waitsForIdleConnections(contact, question, needsHalfClose);
  return (await waits()) && (await waits());
}

async function waitsForIdleConnections(
  contact: TargetContact,
  { type, payload }: ProbeMessage,
  needsHalfClose: boolean,
): Promise<boolean> {
  const { timeoutMs } = contact;
  const open: RawConnection[] = [];
  const dial = async () => {
    const connection = await RawConnection.dial(contact, 'conn 1', new Transcript(), timeoutMs);
    open.push(connection);
    return connection;
  };
  const ask = async () => {
    const asking = await dial();
    asking.send(formatMessage(request(type, payload)));
    if (needsHalfClose) asking.halfClose();
    return (await asking.reply(timeoutMs)) !== undefined;
  };
  const closeAll = () => {
    for (const connection of open.splice(0)) connection.close();
  };
  try {
    const idle = await Promise.allSettled(Array.from({ length: DEFAULT_PARALLEL_CASES }, dial));
    // A target may also refuse to have so many.
    if (idle.every(({ status }) => status === 'fulfilled')) {
      const before = [...open];
      if ((await ask()) && !before.some(({ ended }) => ended)) return false;
    }
    closeAll();
    // One that refuses may not have seen yet that they are closed.
    return (await ask()) || (await sleep(CLOSE_NOTICE_MS).then(ask));
  } catch {
    return false; // It takes no connection at all: the question that follows every case finds out what is wrong.
  } finally {
    closeAll();
  }
}

interface PeerProbeResult {
  /** Capability, and what was seen instead if the target lacks it. */
  findings: Map<TargetCapability, string | undefined>;
  entries: TranscriptEntry[];
  probeMessage: ProbeMessage | undefined;
}

/** Adds a peer, checks whether the target dials it and sends it gossip, and removes it again. */
async function probeAddAndRemovePeer(
  contact: TargetContact,
  toUnknown: TargetReply | undefined,
): Promise<PeerProbeResult> {
  const transcript = new Transcript();
  const peer = await FakePeer.listen(contact.listenHost, 'peer 1', transcript, {}).catch(
    (cause: NodeJS.ErrnoException) => {
      throw new DevnetError('usage', `cannot listen at ${contact.listenHost} (${cause.code})`, {
        hint: 'give an address of this machine that the node can dial',
        cause,
      });
    },
  );
  let connections = 0;
  const send = (type: string) => sendProbe(contact, request(type, peer.address), transcript, `conn ${++connections}`);
  let added = await send('add_peer');
  for (let left = MAX_ADD_PEER_RETRIES; left > 0 && added.reply?.code === 'rate_limited'; left--) {
    await sleep(ADD_PEER_INTERVAL_MS);
    added = await send('add_peer');
  }
  const dialed = await peer.waitForDials(contact.timeoutMs);
  const answered = isKnownType(added.reply, 'peers', toUnknown);
  const refusal = (type: string, result: ProbeResult) => describeRefusal(type, result, toUnknown, contact);
  const seconds = contact.timeoutMs / 1_000;
  const noDial = `it did not dial the peer ${peer.address} within ${seconds} s of add_peer`;
  const findings = new Map<TargetCapability, string | undefined>([
    ['dial', dialed ? undefined : `${noDial}: ${refusal('add_peer', added)}`],
    ['add_peer', dialed || answered ? undefined : `${refusal('add_peer', added)}, and it did not dial ${peer.address}`],
  ]);
  if (dialed) findings.set('gossip', await probeGossip(contact, peer, transcript, `conn ${++connections}`, toUnknown));
  else findings.set('gossip', `${noDial}, so there was nobody to forward gossip to`);
  const removed = await send('remove_peer');
  const isRemoved = isKnownType(removed.reply, 'peers', toUnknown);
  findings.set('remove_peer', isRemoved ? undefined : refusal('remove_peer', removed));
  peer.close();
  const probeMessage = answered
    ? { type: 'add_peer', replyType: added.reply?.type, echoesPayload: false, payload: peer.address }
    : undefined;
  return { findings, entries: transcript.entries, probeMessage };
}

/** Sends gossip. Resolves to undefined if it is forwarded to the peer, else to what was seen instead. */
async function probeGossip(
  contact: TargetContact,
  peer: FakePeer,
  transcript: Transcript,
  name: string,
  toUnknown: TargetReply | undefined,
): Promise<string | undefined> {
  const id = `spec-probe-${process.pid}-${Date.now()}`;
  const connection = await RawConnection.dial(contact, name, transcript, contact.timeoutMs).catch(
    (error: Error) => error,
  );
  if (connection instanceof Error) return `no connection to send it on (${connection.message})`;
  const sentAt = performance.now();
  connection.send(formatMessage(request('gossip', { id })));
  const waitForGossip = () => peer.waitForMessage((message) => hasGossipId(message, id), contact.timeoutMs);
  let forwarded = await waitForGossip();
  if (forwarded === undefined && !connection.ended) {
    // Some nodes read a message only once its sender has half-closed.
    connection.halfClose();
    forwarded = await waitForGossip();
  }
  const reply = connection.replies[0];
  connection.close();
  if (forwarded !== undefined) return undefined;
  const waitedMs = performance.now() - sentAt;
  return describeUnforwarded({ reply, reached: 0, peers: 1, waitedMs, answersUnknownTypes: toUnknown !== undefined });
}

export interface UnforwardedGossip {
  /** To the message itself. */
  reply: TargetReply | undefined;
  /** Number of peers that received it. */
  reached: number;
  /** Number of peers that it was to be forwarded to. */
  peers: number;
  waitedMs: number;
  /** False if the target answers nothing to a type that it does not know. */
  answersUnknownTypes: boolean;
}

/** Describes gossip that did not reach all peers: refused as an unknown type is, or accepted and not forwarded. */
export function describeUnforwarded(gossip: UnforwardedGossip): string {
  const { reply, reached, peers, waitedMs, answersUnknownTypes } = gossip;
  const forwarded = `forwarded to ${reached} of ${pluralize(peers, 'peer')} within ${Number((waitedMs / 1_000).toFixed(1))} s`;
  if (reply?.code === 'unknown_type')
    return `gossip is an unknown type to it (${quoteReply(reply)}), and was ${forwarded}`;
  if (reply?.type === 'error') return `it refused the gossip with ${quoteReply(reply)}, and it was ${forwarded}`;
  if (reply !== undefined) return `it accepted the gossip with the reply ${quoteReply(reply)}, and it was ${forwarded}`;
  if (answersUnknownTypes || reached > 0) return `it accepted the gossip without an error, and it was ${forwarded}`;
  return `it answered nothing to the gossip, as to a type that no node knows, and it was ${forwarded}`;
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
