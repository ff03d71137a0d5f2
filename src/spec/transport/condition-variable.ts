import { setTimeoutAfterIo } from '../../shared/time/timeout-after-io.ts';

/** Lets callers wait for a condition; whoever changes what they look at calls `notifyAll`. */
export class ConditionVariable {
  readonly #waiters = new Set<() => void>();

  notifyAll(): void {
    for (const check of [...this.#waiters]) check();
  }

  /** Resolves to true as soon as `condition` holds, and to false if it does not within `timeoutMs`. */
  waitUntil(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const finish = (holds: boolean) => {
        cancelTimeout();
        this.#waiters.delete(check);
        resolve(holds);
      };
      const check = () => {
        if (condition()) finish(true);
      };
      const cancelTimeout = setTimeoutAfterIo(timeoutMs, () => finish(condition()));
      this.#waiters.add(check);
    });
  }
}
