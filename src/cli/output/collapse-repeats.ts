import type { LogEntry } from '../../network/log-entry.ts';

/** An entry, and the number of repeats that followed it. */
export interface CollapsedEntry {
  entry: LogEntry;
  repeats: number;
}

/**
 * Collapses runs of entries of one node that differ only in their time. The last run stays open until a different entry
 * comes, or `flush` is called.
 */
export class RepeatCollapser {
  #open: CollapsedEntry | undefined;

  push(entries: readonly LogEntry[]): CollapsedEntry[] {
    const done: CollapsedEntry[] = [];
    for (const entry of entries) {
      if (this.#open && isRepeat(this.#open.entry, entry)) {
        this.#open.repeats++;
        continue;
      }
      if (this.#open) done.push(this.#open);
      this.#open = { entry, repeats: 0 };
    }
    return done;
  }

  flush(): CollapsedEntry[] {
    const last = this.#open ? [this.#open] : [];
    this.#open = undefined;
    return last;
  }
}

function isRepeat(a: LogEntry, b: LogEntry): boolean {
  return (
    a.node === b.node &&
    a.event === b.event &&
    a.level === b.level &&
    (a.event === 'output' ? a.fields.text === b.fields.text : JSON.stringify(a.fields) === JSON.stringify(b.fields))
  );
}
