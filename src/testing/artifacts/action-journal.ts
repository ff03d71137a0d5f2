import { truncate } from '../../shared/text.ts';

/** Limits the memory that the journal takes from the test. */
const MAX_ENTRIES = 10_000;
/** Longest value that is written whole, characters of JSON. An error with the end of the log is shorter. */
const MAX_VALUE_CHARACTERS = 20_000;

/** The last things that a test did to its network, and when. */
export class ActionJournal {
  #lines: string[];
  #listener: ((line: string) => void) | undefined;

  /** @param lines entries that there are already, as JSON */
  constructor(lines: readonly string[] = []) {
    this.#lines = [...lines];
  }

  /** Calls a listener with the JSON of each entry from now on. */
  listen(listener: (line: string) => void): void {
    this.#listener = listener;
  }

  /** @param fields plain JSON; of a value that is too long, the start of its JSON is written, and of a text its start */
  add(event: string, fields: Record<string, unknown> = {}): void {
    const short = Object.entries(fields).map(([key, value]) => [key, shorten(value)]);
    const entry = { time: new Date().toISOString(), event, ...Object.fromEntries(short) };
    const line = JSON.stringify(entry);
    this.#lines.push(line);
    this.#listener?.(line);
    // Removed in bulk: removing the first line moves all the others.
    if (this.#lines.length >= 2 * MAX_ENTRIES) this.#lines = this.#lines.slice(-MAX_ENTRIES);
  }

  /** The journal as JSON lines. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}

function shorten(value: unknown): unknown {
  // Text stays text: its JSON would be quoted a second time.
  if (typeof value === 'string') return truncate(value, MAX_VALUE_CHARACTERS);
  const json = JSON.stringify(value) ?? '';
  return json.length <= MAX_VALUE_CHARACTERS ? value : truncate(json, MAX_VALUE_CHARACTERS);
}
