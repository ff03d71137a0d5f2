import { Store } from '../../protocol/store.ts';
import { Value } from '../../protocol/value.ts';

/** A stretch of the stream. `whole`: it is one message with the end of line that follows it, and nothing else. */
export interface Piece {
  bytes: Buffer;
  whole: boolean;
}

/** Messages over this many bytes are passed on unread. */
const MAX_MESSAGE = 1_048_576;

const LF = 0x0a;
const CR = 0x0d;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const WHITE = Buffer.from(' \t\r\n\u{feff}');
const NOTHING = Buffer.alloc(0);

/**
 * - `between` messages;
 * - inside a `value` that is kept until it is whole;
 * - inside a `passing` value, whose beginning was passed on already;
 * - inside a `line` that is no message.
 */
type State = 'between' | 'value' | 'passing' | 'line';

/**
 * Cuts a stream into messages and what is between them, as the protocol's reader does, and loses no byte: what it gives out,
 * joined, is what it was given.
 */
export class Splitter {
  readonly #walker = new Value(Number.POSITIVE_INFINITY);
  readonly #store = new Store(MAX_MESSAGE);
  #kept = 0;
  #state: State = 'between';

  /** Whether what was given out ends where a message may begin. */
  get atBoundary(): boolean {
    return this.#state === 'between' || this.#state === 'value';
  }

  /** `hold`: keep a message back until it is whole; else what is there of it is passed on at once. */
  push(chunk: Buffer, hold: boolean): Piece[] {
    const pieces: Piece[] = [];
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at, pieces);
    if (!hold && this.#state === 'value') {
      this.#give(pieces, this.#take(NOTHING, 0, 0), false);
      this.#state = 'passing';
    }
    return pieces;
  }

  /** The stream has ended: what was kept of an unfinished message. */
  end(): Piece[] {
    const pieces: Piece[] = [];
    this.#give(pieces, this.#take(NOTHING, 0, 0), false);
    this.#state = 'between';
    return pieces;
  }

  #step(chunk: Buffer, start: number, pieces: Piece[]): number {
    if (this.#state === 'between') return this.#between(chunk, start, pieces);
    if (this.#state === 'line') return this.#line(chunk, start, pieces);
    return this.#value(chunk, start, pieces);
  }

  #between(chunk: Buffer, start: number, pieces: Piece[]): number {
    let at = start;
    while (at < chunk.length && WHITE.includes(chunk[at] as number)) at++;
    this.#give(pieces, chunk.subarray(start, at), false);
    if (at < chunk.length) {
      const opens = chunk[at] === OPEN_BRACE || chunk[at] === OPEN_BRACKET;
      this.#state = opens ? 'value' : 'line';
      this.#walker.reset();
    }
    return at;
  }

  #line(chunk: Buffer, start: number, pieces: Piece[]): number {
    const feed = chunk.indexOf(LF, start);
    const end = feed === -1 ? chunk.length : feed + 1;
    this.#give(pieces, chunk.subarray(start, end), false);
    if (feed !== -1) this.#state = 'between';
    return end;
  }

  #value(chunk: Buffer, start: number, pieces: Piece[]): number {
    const stop = this.#walker.walk(chunk, start);
    const end = stop === 'closed' ? endOfLine(chunk, this.#walker.at) : this.#walker.at;
    if (this.#state === 'value' && this.#kept + end - start > MAX_MESSAGE) {
      this.#give(pieces, this.#take(NOTHING, 0, 0), false);
      this.#state = 'passing';
    }
    if (this.#state === 'passing') {
      this.#give(pieces, chunk.subarray(start, end), false);
    } else if (stop === 'more') {
      this.#store.add(chunk, start, end);
      this.#kept += end - start;
    } else {
      this.#give(pieces, this.#take(chunk, start, end), stop === 'closed');
    }
    if (stop !== 'more') this.#state = 'between';
    return end;
  }

  #take(chunk: Buffer, start: number, end: number): Buffer {
    const bytes = this.#store.take(chunk, start, end);
    this.#store.clear();
    this.#kept = 0;
    return bytes;
  }

  #give(pieces: Piece[], bytes: Buffer, whole: boolean): void {
    if (bytes.length > 0) pieces.push({ bytes, whole });
  }
}

/** Where what ends a message ends: its line, and one blank line. */
function endOfLine(chunk: Buffer, start: number): number {
  let at = start;
  for (let feeds = 0; feeds < 2; feeds++) {
    const next = chunk[at] === CR ? at + 1 : at;
    if (chunk[next] !== LF) break;
    at = next + 1;
  }
  return at;
}
