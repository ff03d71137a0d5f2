import type { LogEntry } from '../devnet/log-entry.ts';

/** An entry, and how many like it came right after it. */
export interface Folded {
  entry: LogEntry;
  more: number;
}

/**
 * Folds runs of entries that one node wrote and that differ in nothing but their time. The last run stays open until
 * something else comes, or `end` is called.
 */
export class Fold {
  #open: Folded | undefined;

  push(entries: readonly LogEntry[]): Folded[] {
    const done: Folded[] = [];
    for (const entry of entries) {
      if (this.#open && alike(this.#open.entry, entry)) {
        this.#open.more++;
        continue;
      }
      if (this.#open) done.push(this.#open);
      this.#open = { entry, more: 0 };
    }
    return done;
  }

  end(): Folded[] {
    const last = this.#open ? [this.#open] : [];
    this.#open = undefined;
    return last;
  }
}

function alike(a: LogEntry, b: LogEntry): boolean {
  return (
    a.node === b.node &&
    a.event === b.event &&
    a.level === b.level &&
    JSON.stringify(a.fields) === JSON.stringify(b.fields)
  );
}
