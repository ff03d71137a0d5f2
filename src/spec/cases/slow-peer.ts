import type { Case } from '../case.ts';
import { sleep } from '../changes.ts';
import { frame } from '../profile.ts';
import { fail, ok } from '../verdict.ts';
import type { Wire } from '../wire.ts';
import { freshId } from './news.ts';

/** News enough to fill every buffer on the way to a peer that does not read: 16 MiB. */
const PIECES = 128;
const SIZE = 131_072;
const WINDOW = 4;
const AWAKE = 100;

export const slowPeer: Case = {
  number: '5.7',
  title: 'a slow peer delays no other',
  rule: 'A peer that does not read what it is sent loses it, and the others get theirs.',
  needs: ['gossip'],
  alone: true,
  run: async (trial) => {
    // Time to say hello, and no more; again so if it is dialed again.
    const deaf = (link: Wire) => void sleep(AWAKE).then(() => link.pause());
    const [, quick] = await Promise.all([trial.link({ onDial: deaf }), trial.link()]);
    await sleep(AWAKE);
    const data = 'x'.repeat(SIZE);
    const wire = await trial.dial();
    for (let piece = 1; piece <= PIECES; piece++) {
      const id = freshId();
      wire.send(frame({ message_type: 'gossip', payload: { id, data } }));
      // Few at a time: it is the slow peer that must not hold them up, not the suite's own pace.
      if (piece % WINDOW > 0) continue;
      const heard = await quick.hears(({ payload }) => (payload as { id?: unknown } | null)?.id === id, trial.wait);
      if (heard === undefined)
        return fail(`news number ${piece} at the peer that reads`, `nothing within ${trial.wait / 1_000} s`);
    }
    return ok();
  },
};
