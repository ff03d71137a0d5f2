import { CR, LF, OPEN_BRACE, OPEN_BRACKET } from '../../../protocol/ascii.ts';
import { ByteBuffer } from '../../../protocol/byte-buffer.ts';
import { JsonScanner } from '../../../protocol/json-scanner.ts';

/** A part of the stream: one whole message with the line end after it, or other bytes. */
export interface StreamSegment {
  bytes: Buffer;
  isMessage: boolean;
}

/** Larger messages are passed on as other bytes. */
const MAX_MESSAGE_BYTES = 1_048_576;

const WHITESPACE = Buffer.from(' \t\r\n\u{feff}');
const EMPTY = Buffer.alloc(0);

/**
 * - `between` messages;
 * - inside a `value` that is kept until it is complete;
 * - inside a `passing` value, whose beginning was passed on already;
 * - inside a `line` that is no message.
 */
type SplitterState = 'between' | 'value' | 'passing' | 'line';

/** Splits a stream into messages and what is between them, as the protocol's decoder does, without losing a byte. */
export class MessageSplitter {
  readonly #scanner = new JsonScanner(Number.POSITIVE_INFINITY);
  readonly #buffer = new ByteBuffer(MAX_MESSAGE_BYTES);
  #bufferedBytes = 0;
  #state: SplitterState = 'between';

  /** True if the bytes returned so far end where a message may begin. */
  get atBoundary(): boolean {
    return this.#state === 'between' || this.#state === 'value';
  }

  /** @param hold keeps an incomplete message back; otherwise the part that has come is passed on at once */
  push(chunk: Buffer, hold: boolean): StreamSegment[] {
    const segments: StreamSegment[] = [];
    let at = 0;
    while (at < chunk.length) at = this.#step(chunk, at, segments);
    if (!hold && this.#state === 'value') {
      emit(segments, this.#takeBuffered(EMPTY, 0, 0), false);
      this.#state = 'passing';
    }
    return segments;
  }

  /** Ends the stream and returns what was kept of an incomplete message. */
  end(): StreamSegment[] {
    const segments: StreamSegment[] = [];
    emit(segments, this.#takeBuffered(EMPTY, 0, 0), false);
    this.#state = 'between';
    return segments;
  }

  #step(chunk: Buffer, start: number, segments: StreamSegment[]): number {
    if (this.#state === 'between') return this.#skipWhitespace(chunk, start, segments);
    if (this.#state === 'line') return this.#skipLine(chunk, start, segments);
    return this.#scanValue(chunk, start, segments);
  }

  #skipWhitespace(chunk: Buffer, start: number, segments: StreamSegment[]): number {
    let at = start;
    while (at < chunk.length && WHITESPACE.includes(chunk[at] as number)) at++;
    emit(segments, chunk.subarray(start, at), false);
    if (at < chunk.length) {
      this.#state = chunk[at] === OPEN_BRACE || chunk[at] === OPEN_BRACKET ? 'value' : 'line';
      this.#scanner.reset();
    }
    return at;
  }

  #skipLine(chunk: Buffer, start: number, segments: StreamSegment[]): number {
    const lineFeed = chunk.indexOf(LF, start);
    const end = lineFeed === -1 ? chunk.length : lineFeed + 1;
    emit(segments, chunk.subarray(start, end), false);
    if (lineFeed !== -1) this.#state = 'between';
    return end;
  }

  #scanValue(chunk: Buffer, start: number, segments: StreamSegment[]): number {
    const stop = this.#scanner.scan(chunk, start);
    const end = stop === 'closed' ? endOfLine(chunk, this.#scanner.offset) : this.#scanner.offset;
    if (this.#state === 'value' && this.#bufferedBytes + end - start > MAX_MESSAGE_BYTES) {
      emit(segments, this.#takeBuffered(EMPTY, 0, 0), false);
      this.#state = 'passing';
    }
    if (this.#state === 'passing') {
      emit(segments, chunk.subarray(start, end), false);
    } else if (stop === 'more') {
      this.#buffer.append(chunk, start, end);
      this.#bufferedBytes += end - start;
    } else {
      emit(segments, this.#takeBuffered(chunk, start, end), stop === 'closed');
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
}

function emit(segments: StreamSegment[], bytes: Buffer, isMessage: boolean): void {
  if (bytes.length > 0) segments.push({ bytes, isMessage });
}

/** Returns where the line end after a message ends: the end of its line and one blank line, as far as they are there. */
function endOfLine(chunk: Buffer, start: number): number {
  let at = start;
  for (let lineFeeds = 0; lineFeeds < 2; lineFeeds++) {
    const next = chunk[at] === CR ? at + 1 : at;
    if (chunk[next] !== LF) break;
    at = next + 1;
  }
  return at;
}
