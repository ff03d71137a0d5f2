import type { Level } from '../../../network/log-entry.ts';
import type { RecordedLogEntry } from '../../../recording/recording-event.ts';
import { concernsNodes, formatEntry, type Names } from './format-entry.ts';

export interface LogFilter {
  /** Only entries of and about these nodes. @default all */
  nodes?: ReadonlySet<string>;
  /** This level and more severe ones. */
  level: Level;
  /** In lower case; part of a line. Empty: all. */
  text: string;
}

const SEVERITY: Record<Level, number> = { error: 0, warn: 1, info: 2, debug: 3 };

export function matchesFilter(entry: RecordedLogEntry, { nodes, level, text }: LogFilter, names: Names): boolean {
  if (SEVERITY[entry.level] > SEVERITY[level]) return false;
  if (nodes !== undefined && !concernsNodes(entry, nodes)) return false;
  return text === '' || `${entry.node} ${formatEntry(entry, names)}`.toLowerCase().includes(text);
}

/** The entries of a growing log that match a filter, by their index: only what was added is looked at again. */
export class FilteredLog {
  readonly #filter: LogFilter;
  readonly #matching: number[] = [];
  #seen = 0;
  #first: RecordedLogEntry | undefined;

  constructor(filter: LogFilter) {
    this.#filter = filter;
  }

  /** @returns indices of matching entries, ascending */
  update(log: readonly RecordedLogEntry[], names: Names): readonly number[] {
    if (log[0] !== this.#first) {
      // The oldest entries were dropped.
      this.#matching.length = 0;
      this.#seen = 0;
      this.#first = log[0];
    }
    for (; this.#seen < log.length; this.#seen++) {
      if (matchesFilter(log[this.#seen]!, this.#filter, names)) this.#matching.push(this.#seen);
    }
    return this.#matching;
  }
}
