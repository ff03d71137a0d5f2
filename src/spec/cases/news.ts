import type { Peer } from '../peer.ts';
import { frame } from '../profile.ts';
import type { Reply } from '../reply.ts';
import type { Trial } from '../trial.ts';
import { fail, Judgement } from '../verdict.ts';
import type { Wire } from '../wire.ts';

const RUN = `${process.pid.toString(36)}-${Date.now().toString(36)}`;
let count = 0;

/** An id that no piece of gossip has had. */
export function freshId(): string {
  return `spec-${RUN}-${++count}`;
}

/** Tells the target news on a connection of its own, as somebody it does not know. */
export async function tell(trial: Trial, payload: unknown): Promise<Wire> {
  const wire = await trial.dial();
  wire.send(frame({ message_type: 'gossip', payload }));
  return wire;
}

/** What a peer was told under an id. */
export function copies(peer: Peer, id: string): Reply[] {
  return peer.heard.map(({ message }) => message).filter((message) => isAbout(message, id));
}

/** Waits for a peer to be told; ends the case when it is not. */
export async function hears(trial: Trial, peer: Peer, id: string): Promise<Reply> {
  const heard = await peer.hears((message) => isAbout(message, id), trial.wait);
  if (heard !== undefined) return heard.message;
  throw new Judgement(fail(`gossip ${id} at ${peer.name}`, `none within ${trial.wait / 1_000} s`));
}

function isAbout({ type, payload }: Reply, id: string): boolean {
  return type === 'gossip' && (payload as { id?: unknown } | null)?.id === id;
}
