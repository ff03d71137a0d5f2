import type { SpecCase } from '../harness/spec-case.ts';
import { formatMessage } from '../harness/target-profile.ts';
import { fail, ok } from '../harness/verdict.ts';
import { sleep } from '../transport/condition-variable.ts';
import type { RawConnection } from '../transport/raw-connection.ts';
import { createGossipId } from './gossip-helpers.ts';

/** News enough to fill every buffer on the way to a peer that does not read: 16 MiB. */
const MESSAGE_COUNT = 128;
const MESSAGE_BYTES = 131_072;
const WINDOW_MESSAGES = 4;
const READ_TIME_MS = 100;

export const slowPeerCase: SpecCase = {
  number: '5.7',
  title: 'a slow peer delays no other',
  rule: 'A peer that does not read what it is sent loses it, and the others get theirs.',
  requires: ['gossip'],
  exclusive: true,
  run: async (trial) => {
    // Time to say hello, and no more; again so if it is dialed again.
    const deaf = (link: RawConnection) => void sleep(READ_TIME_MS).then(() => link.pause());
    const [, quick] = await Promise.all([trial.createDialedPeer({ onDial: deaf }), trial.createDialedPeer()]);
    await sleep(READ_TIME_MS);
    const data = 'x'.repeat(MESSAGE_BYTES);
    const wire = await trial.dial();
    for (let piece = 1; piece <= MESSAGE_COUNT; piece++) {
      const id = createGossipId();
      wire.send(formatMessage({ message_type: 'gossip', payload: { id, data } }));
      // Few at a time: it is the slow peer that must not hold them up, not the suite's own pace.
      if (piece % WINDOW_MESSAGES > 0) continue;
      const heard = await quick.waitForMessage(
        ({ payload }) => (payload as { id?: unknown } | null)?.id === id,
        trial.timeoutMs,
      );
      if (heard === undefined)
        return fail(`news number ${piece} at the peer that reads`, `nothing within ${trial.timeoutMs / 1_000} s`);
    }
    return ok();
  },
};
