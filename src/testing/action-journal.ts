import { truncate } from '../shared/text.ts';

/** Limits the memory that the journal takes from the test. */
const MAX_ENTRIES = 10_000;
const MAX_VALUE_CHARACTERS = 1_000;

/** The last things that a test did to its network, and when. */
export class ActionJournal {
  #lines: string[] = [];

  /** @param fields plain JSON; long values are cut */
  add(event: string, fields: Record<string, unknown> = {}): void {
    const short = Object.entries(fields).map(([key, value]) => [key, truncateValue(value)]);
    const entry = { time: new Date().toISOString(), event, ...Object.fromEntries(short) };
    this.#lines.push(JSON.stringify(entry));
    // Removed in bulk: removing the first line moves all the others.
    if (this.#lines.length >= 2 * MAX_ENTRIES) this.#lines = this.#lines.slice(-MAX_ENTRIES);
  }

  /** The journal as JSON lines. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}

function truncateValue(value: unknown): unknown {
  const text = JSON.stringify(value) ?? '';
  return text.length <= MAX_VALUE_CHARACTERS ? value : truncate(text, MAX_VALUE_CHARACTERS);
}
