import { describeUnforwarded, formatMessage } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { CaseFailure, fail } from '../harness/verdict.ts';
import type { FakePeer } from '../transport/fake-peer.ts';
import type { RawConnection } from '../transport/raw-connection.ts';
import { hasGossipId, type TargetReply } from '../transport/reply.ts';

const RUN_ID = `${process.pid.toString(36)}-${Date.now().toString(36)}`;
let idCount = 0;

/** Creates an id that no gossip has had. */
export function createGossipId(): string {
  return `spec-${RUN_ID}-${++idCount}`;
}

/** Sends gossip to the target on a new connection, as a sender that it does not know. */
export async function sendGossip(t: TestContext, payload: unknown): Promise<RawConnection> {
  const connection = await t.dial();
  t.send(connection, formatMessage({ message_type: 'gossip', payload }));
  return connection;
}

/** Returns the copies of a gossip that a peer received. */
export function copiesOf(peer: FakePeer, id: string): TargetReply[] {
  return peer.received.map(({ message }) => message).filter((message) => hasGossipId(message, id));
}

/**
 * Waits for the gossip at a peer.
 *
 * @param sent connection that the gossip was sent on, whose reply may say why it is not forwarded
 * @throws CaseFailure unless the peer receives it in time
 */
export async function expectGossip(
  t: TestContext,
  peer: FakePeer,
  id: string,
  sent?: RawConnection,
): Promise<TargetReply> {
  const [message] = await expectGossipAtAll(t, [peer], id, sent);
  return message as TargetReply;
}

/** As {@link expectGossip}, at several peers. */
export async function expectGossipAtAll(
  t: TestContext,
  peers: readonly FakePeer[],
  id: string,
  sent?: RawConnection,
): Promise<TargetReply[]> {
  const isIt = (message: TargetReply) => hasGossipId(message, id);
  const received = await Promise.all(peers.map((peer) => peer.waitForMessage(isIt, t.timeoutMs)));
  const messages = received.flatMap((one) => one?.message ?? []);
  if (messages.length === peers.length) return messages;
  const names = peers.map(({ name }) => name).join(', ');
  const got = describeUnforwarded({
    reply: sent?.replies[0],
    reached: messages.length,
    peers: peers.length,
    waitedMs: t.timeoutMs,
    // Gossip is known to a target that has come this far.
    answersUnknownTypes: true,
  });
  throw new CaseFailure(fail(`gossip ${id} at ${names}`, got));
}
