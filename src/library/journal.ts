/** Entries that are kept: the memory is the test's own. */
const KEPT = 10_000;
/** Characters of a value that one shows. */
const SHOWN = 1_000;

/** What a test did to its devnet, and when: the last of it. */
export class Journal {
  #lines: string[] = [];

  /** @param fields plain JSON; what is long is cut */
  add(event: string, fields: Record<string, unknown> = {}): void {
    const short = Object.entries(fields).map(([key, value]) => [key, abridged(value)]);
    const entry = { time: new Date().toISOString(), event, ...Object.fromEntries(short) };
    this.#lines.push(JSON.stringify(entry));
    // Cut in bulk, or each line would move all the others.
    if (this.#lines.length >= 2 * KEPT) this.#lines = this.#lines.slice(-KEPT);
  }

  /** JSON lines. */
  get text(): string {
    return this.#lines.map((line) => `${line}\n`).join('');
  }
}

function abridged(value: unknown): unknown {
  const text = JSON.stringify(value) ?? '';
  return text.length <= SHOWN ? value : `${text.slice(0, SHOWN)}…`;
}
