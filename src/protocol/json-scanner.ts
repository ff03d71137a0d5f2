import { BACKSLASH, CLOSE_BRACE, CR, LF, OPEN_BRACE, QUOTE } from './ascii.ts';

const BEYOND_ASCII = 0xff;

/** Meaning of each byte inside a string, and outside of one; 0 for none. Brackets count as braces. */
const IN_STRING = new Uint8Array(256).fill(BEYOND_ASCII, 0x80);
const OUTSIDE_STRING = new Uint8Array(256).fill(BEYOND_ASCII, 0x80);
for (const byte of [QUOTE, BACKSLASH, LF]) IN_STRING[byte] = byte;
for (const byte of [QUOTE, LF]) OUTSIDE_STRING[byte] = byte;
for (const byte of Buffer.from('{[')) OUTSIDE_STRING[byte] = OPEN_BRACE;
for (const byte of Buffer.from('}]')) OUTSIDE_STRING[byte] = CLOSE_BRACE;

/**
 * Reason that a scan stopped:
 * - `more`: the chunk is used up;
 * - `closed`: the outermost brace has closed;
 * - `blank`: a blank line came first;
 * - `torn`: a line ended inside a string;
 * - `deep`: the nesting exceeds the limit. Reported once; the scan can continue.
 */
export type ScanStop = 'more' | 'closed' | 'blank' | 'torn' | 'deep';

/** Finds the end of one JSON object or array that comes in chunks of bytes, without parsing its contents. */
export class JsonScanner {
  readonly #maxDepth: number;
  /** Position in the chunk at which the last scan stopped. */
  offset = 0;
  /** A byte beyond ASCII was seen. */
  hasNonAscii = false;
  #depth = 0;
  #tooDeep = false;
  #inString = false;
  /** The previous chunk ended in a backslash inside a string. */
  #escaped = false;
  /** Position of the last line feed, relative to the start of the current chunk. */
  #lineFeed = Number.NEGATIVE_INFINITY;
  /** Last byte of the previous chunk. */
  #previousByte = 0;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** Prepares for the next value. */
  reset(): void {
    this.hasNonAscii = false;
    this.#depth = 0;
    this.#tooDeep = false;
    this.#inString = false;
    this.#escaped = false;
    this.#lineFeed = Number.NEGATIVE_INFINITY;
  }

  /** Scans from `start`: where the last scan stopped or, after `more`, the beginning of the next chunk. */
  scan(chunk: Buffer, start: number): ScanStop {
    const length = chunk.length;
    let at = start;
    let depth = this.#depth;
    let inString = this.#inString;
    let stop: ScanStop = 'more';
    // A line feed cannot be escaped, so the loop must see it.
    if (this.#escaped && chunk[at] !== LF) at++;
    this.#escaped = false;
    while (at < length && stop === 'more') {
      const meanings = inString ? IN_STRING : OUTSIDE_STRING;
      let meaning = 0;
      while (meaning === 0 && at < length) meaning = meanings[chunk[at++]!]!;
      if (meaning === QUOTE) {
        inString = !inString;
      } else if (meaning === BACKSLASH) {
        if (at === length) this.#escaped = true;
        else if (chunk[at] !== LF) at++;
      } else if (meaning === OPEN_BRACE) {
        if (++depth > this.#maxDepth && !this.#tooDeep) stop = 'deep';
      } else if (meaning === CLOSE_BRACE) {
        if (--depth === 0) stop = 'closed';
      } else if (meaning === LF) {
        if (inString) stop = 'torn';
        else if (this.#isBlank(chunk, at - 1)) stop = 'blank';
      } else if (meaning === BEYOND_ASCII) {
        this.hasNonAscii = true;
      }
    }
    if (stop === 'deep') this.#tooDeep = true;
    if (at === length) {
      this.#lineFeed -= length;
      this.#previousByte = chunk[length - 1] ?? this.#previousByte;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.offset = at;
    return stop;
  }

  /** Returns whether the line that ends with the line feed at `at` is empty, apart from one carriage return. */
  #isBlank(chunk: Buffer, at: number): boolean {
    const gap = at - this.#lineFeed;
    this.#lineFeed = at;
    return gap === 1 || (gap === 2 && (at > 0 ? chunk[at - 1] : this.#previousByte) === CR);
  }
}
