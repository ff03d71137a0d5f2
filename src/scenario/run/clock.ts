import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../model/scenario-driver.ts';

/** This machine's own. */
export const systemClock: Clock = {
  // Unlike Date.now, it goes on evenly when somebody sets the machine's clock.
  now: () => performance.timeOrigin + performance.now(),
  async sleep(milliseconds, signal) {
    try {
      await delay(milliseconds, undefined, { signal });
    } catch (cause) {
      throw signal.aborted ? signal.reason : cause;
    }
  },
};
