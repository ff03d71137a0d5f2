import { formatMessage } from '../harness/target-profile.ts';
import type { TestContext } from '../harness/test-context.ts';
import { CaseFailure, fail } from '../harness/verdict.ts';
import type { FakePeer } from '../transport/fake-peer.ts';
import type { RawConnection } from '../transport/raw-connection.ts';
import type { TargetReply } from '../transport/reply.ts';

const RUN_ID = `${process.pid.toString(36)}-${Date.now().toString(36)}`;
let idCount = 0;

/** An id that no piece of gossip has had. */
export function createGossipId(): string {
  return `spec-${RUN_ID}-${++idCount}`;
}

/** Tells the target news on a connection of its own, as somebody it does not know. */
export async function sendGossip(trial: TestContext, payload: unknown): Promise<RawConnection> {
  const wire = await trial.dial();
  wire.send(formatMessage({ message_type: 'gossip', payload }));
  return wire;
}

/** What a peer was told under an id. */
export function copiesOf(peer: FakePeer, id: string): TargetReply[] {
  return peer.received.map(({ message }) => message).filter((message) => isGossipWithId(message, id));
}

/** Waits for a peer to be told; ends the case when it is not. */
export async function expectGossip(trial: TestContext, peer: FakePeer, id: string): Promise<TargetReply> {
  const heard = await peer.waitForMessage((message) => isGossipWithId(message, id), trial.timeoutMs);
  if (heard !== undefined) return heard.message;
  throw new CaseFailure(fail(`gossip ${id} at ${peer.name}`, `none within ${trial.timeoutMs / 1_000} s`));
}

function isGossipWithId({ type, payload }: TargetReply, id: string): boolean {
  return type === 'gossip' && (payload as { id?: unknown } | null)?.id === id;
}
