import { afterReading } from '../after-reading.ts';

/** Lets others wait until something they look at has become so. Whoever changes it says `notify`. */
export class Changes {
  readonly #looks = new Set<() => void>();

  notify(): void {
    for (const look of [...this.#looks]) look();
  }

  /** Resolves to true as soon as `holds` does, and to false when it has not after `wait` milliseconds. */
  until(holds: () => boolean, wait: number): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (held: boolean) => {
        cancel();
        this.#looks.delete(look);
        resolve(held);
      };
      const look = () => {
        if (holds()) done(true);
      };
      const cancel = afterReading(wait, () => done(holds()));
      this.#looks.add(look);
    });
  }
}

/** Resolves after `wait` milliseconds. */
export function sleep(wait: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, wait));
}
