import { setTimeoutAfterIo } from '../../shared/timeout-after-io.ts';

/** Lets others wait until something they look at has become so. Whoever changes it says `notify`. */
export class ConditionVariable {
  readonly #waiters = new Set<() => void>();

  notifyAll(): void {
    for (const look of [...this.#waiters]) look();
  }

  /** Resolves to true as soon as `holds` does, and to false when it has not after `wait` milliseconds. */
  waitUntil(holds: () => boolean, wait: number): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (held: boolean) => {
        cancel();
        this.#waiters.delete(look);
        resolve(held);
      };
      const look = () => {
        if (holds()) done(true);
      };
      const cancel = setTimeoutAfterIo(wait, () => done(holds()));
      this.#waiters.add(look);
    });
  }
}

/** Resolves after `wait` milliseconds. */
export function sleep(wait: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, wait));
}
