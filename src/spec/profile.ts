import { DevnetError } from '../errors.ts';
import { sleep } from './changes.ts';
import { type Entry, Exchange } from './exchange.ts';
import { Peer } from './peer.ts';
import type { Reply } from './reply.ts';
import { type Route, Wire } from './wire.ts';

/**
 * What a target may be able to do: know a message type, `dial` the peers it is told of, give a `list` of them that can
 * be read, or answer some `question` or other, so that one can see what it has read.
 */
export type Ability =
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
export interface Profile {
  readonly abilities: ReadonlySet<Ability>;
  /** What was exchanged to learn of an ability. */
  readonly evidence: ReadonlyMap<Ability, readonly Entry[]>;
  /** A second message on a connection is answered; otherwise it serves one message a connection. */
  readonly persistent: boolean;
  /** It answers only once the sender has half-closed. */
  readonly readsToEnd: boolean;
  /** What it is asked where any question will do. */
  readonly vehicle: Vehicle | undefined;
  /** The peers it had, where it could say. */
  readonly peers: readonly string[] | undefined;
}

/** A message type that is answered, and the type of the answer. */
export interface Vehicle {
  readonly type: string;
  readonly answer: string | undefined;
  /** The payload comes back. */
  readonly carries: boolean;
  readonly payload?: unknown;
}

/** How to reach a target and how patient to be. */
export interface Contact extends Route {
  readonly listenHost: string;
  /** Milliseconds to wait for anything. */
  readonly timeout: number;
}

/** Types that are asked for without an effect, with the payload they are asked with and the answer they have. */
const ASKED: readonly [Ability, string, unknown][] = [
  ['echo', 'echo', 'spec'],
  ['ping', 'pong', 'spec'],
  ['get_peers', 'peers', undefined],
  ['list_peers', 'peers', undefined],
  ['get_status', 'status', undefined],
  ['hello', 'hello', { name: 'spec', version: '1' }],
];

interface Answer {
  reply: Reply | undefined;
  late: boolean;
  entries: Entry[];
}

/** Learns what a target can do. Throws DevnetError `node_unreachable` when there is nothing to connect to. */
export async function probe(contact: Contact): Promise<Profile> {
  await reach(contact);
  const stranger = await ask(contact, { message_type: 'spec_no_such_type', payload: 'spec' });
  const answers = await Promise.all(
    ASKED.map(([type, , payload]) =>
      ask(contact, { message_type: type, ...(payload === undefined ? {} : { payload }) }),
    ),
  );
  const abilities = new Set<Ability>();
  const evidence = new Map<Ability, readonly Entry[]>();
  let vehicle: Vehicle | undefined;
  let peers: string[] | undefined;
  for (const [index, [ability, answer, payload]] of ASKED.entries()) {
    const { reply, entries } = answers[index] as Answer;
    evidence.set(ability, entries);
    if (!knows(reply, answer, stranger.reply)) continue;
    abilities.add(ability);
    const carries = payload === 'spec' && reply?.payload === payload;
    if (carries || ability.endsWith('_peers')) vehicle ??= { type: ability, answer: reply?.type, carries };
    if (ability === 'get_peers' && isList(reply?.payload)) {
      abilities.add('list');
      peers = reply.payload;
    }
  }
  const adding = await addAndRemove(contact, stranger.reply);
  for (const ability of adding.abilities) abilities.add(ability);
  for (const ability of ['add_peer', 'dial', 'gossip', 'remove_peer'] as const) evidence.set(ability, adding.entries);
  vehicle ??= adding.vehicle;
  if (vehicle !== undefined) abilities.add('question');
  const readsToEnd = ![...answers, stranger].some(({ reply, late }) => reply !== undefined && !late);
  const persistent = vehicle !== undefined && !readsToEnd && (await answersTwice(contact, vehicle));
  return { abilities, evidence, persistent, readsToEnd: readsToEnd && vehicle !== undefined, vehicle, peers };
}

/** The text of a message, as nodes send it. */
export function frame(message: unknown): string {
  return `${JSON.stringify(message)}\n\n`;
}

/** A type is known when it gets its own answer, or at least another one than a type that nobody knows. */
function knows(reply: Reply | undefined, answer: string, stranger: Reply | undefined): boolean {
  if (reply?.type === undefined || reply.type === 'error') return false;
  return reply.type === answer || reply.type !== stranger?.type;
}

export function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((peer) => typeof peer === 'string');
}

async function reach(contact: Contact): Promise<void> {
  try {
    (await Wire.dial(contact, 'conn 1', new Exchange(), contact.timeout * 2)).close();
  } catch (cause) {
    const { host, port } = contact;
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new DevnetError('node_unreachable', `nothing answers at ${host}:${port} (${reason})`, {
      hint: 'start the node first, and check the address and the port',
      cause,
    });
  }
}

async function ask(contact: Contact, message: unknown): Promise<Answer> {
  const exchange = new Exchange();
  let reply: Reply | undefined;
  let late = false;
  try {
    const wire = await Wire.dial(contact, 'conn 1', exchange, contact.timeout);
    wire.send(frame(message));
    reply = await wire.reply(contact.timeout);
    if (reply === undefined && !wire.ended) {
      late = true;
      wire.halfClose();
      reply = await wire.reply(contact.timeout);
    }
    wire.close();
  } catch (error) {
    exchange.event('conn 1', (error as Error).message);
  }
  return { reply, late, entries: exchange.entries };
}

interface Adding {
  abilities: Ability[];
  entries: Entry[];
  vehicle: Vehicle | undefined;
}

/** Adds a peer, sees whether it is dialed and told of news, and removes it again. */
async function addAndRemove(contact: Contact, stranger: Reply | undefined): Promise<Adding> {
  const exchange = new Exchange();
  const abilities: Ability[] = [];
  const peer = await Peer.listen(contact.listenHost, 'peer 1', exchange, {}).catch((cause: NodeJS.ErrnoException) => {
    throw new DevnetError('usage', `the suite cannot listen at ${contact.listenHost} (${cause.code})`, {
      hint: 'give an address of this machine that the node can dial',
      cause,
    });
  });
  const tell = async (message: unknown) => {
    const answer = await ask(contact, message);
    for (const { text, kind } of answer.entries) exchange.event('conn 1', `${kind}: ${text}`);
    return answer.reply;
  };
  const adding = { message_type: 'add_peer', payload: peer.address };
  let added = await tell(adding);
  for (let left = 5; left > 0 && added?.code === 'rate_limited'; left--) {
    await sleep(1_100);
    added = await tell(adding);
  }
  const dialed = await peer.dialed(contact.timeout);
  if (dialed) abilities.push('dial');
  const replied = knows(added, 'peers', stranger);
  if (dialed || replied) abilities.push('add_peer');
  if (dialed) {
    const id = `spec-probe-${process.pid}-${Date.now()}`;
    void ask(contact, { message_type: 'gossip', payload: { id } }).catch(() => {});
    const news = await peer.hears(({ payload }) => (payload as { id?: unknown } | null)?.id === id, contact.timeout);
    if (news !== undefined) abilities.push('gossip');
  }
  const removed = await tell({ message_type: 'remove_peer', payload: peer.address });
  if (knows(removed, 'peers', stranger)) abilities.push('remove_peer');
  peer.close();
  const vehicle = replied
    ? { type: 'add_peer', answer: added?.type, carries: false, payload: peer.address }
    : undefined;
  return { abilities, entries: exchange.entries, vehicle };
}

async function answersTwice(contact: Contact, { type, payload }: Vehicle): Promise<boolean> {
  const wire = await Wire.dial(contact, 'conn 1', new Exchange(), contact.timeout);
  const question = frame({ message_type: type, ...(payload === undefined ? {} : { payload }) });
  wire.send(question);
  await wire.reply(contact.timeout);
  wire.send(question);
  const second = await wire.reply(contact.timeout);
  wire.close();
  return second !== undefined;
}
