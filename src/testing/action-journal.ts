import { truncate } from '../shared/text.ts';

/** Entries that are kept: the memory is the test's own. */
const MAX_ENTRIES = 10_000;
/** Characters of a value that one shows. */
const MAX_VALUE_CHARACTERS = 1_000;

/** What a test did to its devnet, and when: the last of it. */
export class ActionJournal {
  #lines: string[] = [];

  /** @param fields plain JSON; what is long is cut */
  add(event: string, fields: Record<string, unknown> = {}): void {
    const short = Object.entries(fields).map(([key, value]) => [key, truncateValue(value)]);
    const entry = { time: new Date().toISOString(), event, ...Object.fromEntries(short) };
    this.#lines.push(JSON.stringify(entry));
    // Cut in bulk, or each line would move all the others.
    if (this.#lines.length >= 2 * MAX_ENTRIES) this.#lines = this.#lines.slice(-MAX_ENTRIES);
  }

  /** JSON lines. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}

function truncateValue(value: unknown): unknown {
  const text = JSON.stringify(value) ?? '';
  return text.length <= MAX_VALUE_CHARACTERS ? value : truncate(text, MAX_VALUE_CHARACTERS);
}
