import { formatMessage } from '../harness/target-profile.ts';
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
  connection.send(formatMessage({ message_type: 'gossip', payload }));
  return connection;
}

/** Returns the copies of a gossip that a peer received. */
export function copiesOf(peer: FakePeer, id: string): TargetReply[] {
  return peer.received.map(({ message }) => message).filter((message) => hasGossipId(message, id));
}

/** @throws CaseFailure unless the peer receives the gossip in time */
export async function expectGossip(t: TestContext, peer: FakePeer, id: string): Promise<TargetReply> {
  const received = await peer.waitForMessage((message) => hasGossipId(message, id), t.timeoutMs);
  if (received !== undefined) return received.message;
  throw new CaseFailure(fail(`gossip ${id} at ${peer.name}`, `none within ${t.timeoutMs / 1_000} s`));
}
