import { ByteBuffer } from '../../../protocol/byte-buffer.ts';
import { JsonScanner } from '../../../protocol/json-scanner.ts';

/** A stretch of the stream. `whole`: it is one message with the end of line that follows it, and nothing else. */
export interface StreamSegment {
  bytes: Buffer;
  isMessage: boolean;
}

/** Messages over this many bytes are passed on unread. */
const MAX_MESSAGE_BYTES = 1_048_576;

const LF = 0x0a;
const CR = 0x0d;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const WHITESPACE = Buffer.from(' \t\r\n\u{feff}');
const EMPTY = Buffer.alloc(0);

/**
 * - `between` messages;
 * - inside a `value` that is kept until it is whole;
 * - inside a `passing` value, whose beginning was passed on already;
 * - inside a `line` that is no message.
 */
type SplitterState = 'between' | 'value' | 'passing' | 'line';

/**
 * Cuts a stream into messages and what is between them, as the protocol's reader does, and loses no byte: what it gives out,
 * joined, is what it was given.
 */
export class MessageSplitter {
  readonly #scanner = new JsonScanner(Number.POSITIVE_INFINITY);
  readonly #buffer = new ByteBuffer(MAX_MESSAGE_BYTES);
  #bufferedBytes = 0;
  #state: SplitterState = 'between';

  /** Whether what was given out ends where a message may begin. */
  get atBoundary(): boolean {
    return this.#state === 'between' || this.#state === 'value';
  }

  /** `hold`: keep a message back until it is whole; else what is there of it is passed on at once. */
  push(chunk: Buffer, hold: boolean): StreamSegment[] {
    const pieces: StreamSegment[] = [];
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at, pieces);
    if (!hold && this.#state === 'value') {
      this.#emit(pieces, this.#takeBuffered(EMPTY, 0, 0), false);
      this.#state = 'passing';
    }
    return pieces;
  }

  /** The stream has ended: what was kept of an unfinished message. */
  end(): StreamSegment[] {
    const pieces: StreamSegment[] = [];
    this.#emit(pieces, this.#takeBuffered(EMPTY, 0, 0), false);
    this.#state = 'between';
    return pieces;
  }

  #step(chunk: Buffer, start: number, pieces: StreamSegment[]): number {
    if (this.#state === 'between') return this.#skipWhitespace(chunk, start, pieces);
    if (this.#state === 'line') return this.#skipLine(chunk, start, pieces);
    return this.#scanValue(chunk, start, pieces);
  }

  #skipWhitespace(chunk: Buffer, start: number, pieces: StreamSegment[]): number {
    let at = start;
    while (at < chunk.length && WHITESPACE.includes(chunk[at] as number)) at++;
    this.#emit(pieces, chunk.subarray(start, at), false);
    if (at < chunk.length) {
      const opens = chunk[at] === OPEN_BRACE || chunk[at] === OPEN_BRACKET;
      this.#state = opens ? 'value' : 'line';
      this.#scanner.reset();
    }
    return at;
  }

  #skipLine(chunk: Buffer, start: number, pieces: StreamSegment[]): number {
    const feed = chunk.indexOf(LF, start);
    const end = feed === -1 ? chunk.length : feed + 1;
    this.#emit(pieces, chunk.subarray(start, end), false);
    if (feed !== -1) this.#state = 'between';
    return end;
  }

  #scanValue(chunk: Buffer, start: number, pieces: StreamSegment[]): number {
    const stop = this.#scanner.scan(chunk, start);
    const end = stop === 'closed' ? endOfLine(chunk, this.#scanner.offset) : this.#scanner.offset;
    if (this.#state === 'value' && this.#bufferedBytes + end - start > MAX_MESSAGE_BYTES) {
      this.#emit(pieces, this.#takeBuffered(EMPTY, 0, 0), false);
      this.#state = 'passing';
    }
    if (this.#state === 'passing') {
      this.#emit(pieces, chunk.subarray(start, end), false);
    } else if (stop === 'more') {
      this.#buffer.append(chunk, start, end);
      this.#bufferedBytes += end - start;
    } else {
      this.#emit(pieces, this.#takeBuffered(chunk, start, end), stop === 'closed');
    }
    if (stop !== 'more') this.#state = 'between';
    return end;
  }

  #takeBuffered(chunk: Buffer, start: number, end: number): Buffer {
    const bytes = this.#buffer.take(chunk, start, end);
    this.#buffer.clear();
    this.#bufferedBytes = 0;
    return bytes;
  }

  #emit(pieces: StreamSegment[], bytes: Buffer, whole: boolean): void {
    if (bytes.length > 0) pieces.push({ bytes, isMessage: whole });
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
