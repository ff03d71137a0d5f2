import { CR, LF, OPEN_BRACE, OPEN_BRACKET, SPACE, TAB } from './ascii.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { type DecodeResult, decodeError, decodeMessageBytes, decodeMessageText } from './decode-message.ts';
import { JsonScanner, type ScanStop } from './json-scanner.ts';
import { DEFAULT_LIMITS } from './limits.ts';

/** Limits of a {@link Decoder}. */
export interface DecoderLimits {
  /** Bytes of one message, outermost brace to brace. @default 1048576 */
  maxMessageBytes: number;
  /** Levels of nesting. @default 128 */
  maxDepth: number;
}

/**
 * State of the decoder:
 * - `between` messages, in white space;
 * - inside a `value` that began with a brace or a bracket, and ends when that closes;
 * - inside a `line` that began like any other JSON value, and ends with the line;
 * - `lost`, after malformed input, until a blank line or a line that begins with a brace;
 * - `dead`, after too many bytes.
 */
type DecoderState = 'between' | 'value' | 'line' | 'lost' | 'dead';

/** Bytes a JSON value can begin with. */
const VALUE_START_BYTES = Buffer.from('{["-0123456789tfn');
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const EMPTY = Buffer.alloc(0);

/**
 * Splits a stream of bytes into messages, however they are spaced or split. A message is complete when its outermost
 * brace closes; a blank line always ends one. Each byte is read once and copied at most twice, so the work is linear
 * and the memory bounded by the largest message allowed.
 *
 * Messages are as JSON.parse reads them: of equal keys the last one counts, `-0` is kept, `__proto__` is an ordinary
 * key, a lone surrogate stays one. Numbers that JSON.parse would change are refused (see findInexactNumber).
 */
export class Decoder {
  readonly #limits: DecoderLimits;
  #state: DecoderState = 'between';
  /** The chunk being read, and the position in it. */
  #chunk: Buffer = EMPTY;
  #offset = 0;
  /** The chunk with one character for each byte, once needed. */
  #text: string | undefined;
  #lastMessageBytes = 0;
  /** The part of the current message that earlier chunks held. */
  readonly #buffer: ByteBuffer;
  /** Bytes of the current span (message, line, white space or lost bytes) that earlier chunks held. */
  #spanBytes = 0;
  readonly #scanner: JsonScanner;
  /** The current message was refused: its end must be found, but its bytes are not kept. */
  #isRefused = false;
  /** Bytes of a byte order mark seen so far. */
  #bomBytes = 0;
  /** In `lost`: at the first byte of a line. */
  #isLineStart = false;

  constructor(
    limits: DecoderLimits = { maxMessageBytes: DEFAULT_LIMITS.maxMessage, maxDepth: DEFAULT_LIMITS.maxDepth },
  ) {
    this.#limits = limits;
    this.#scanner = new JsonScanner(limits.maxDepth);
    this.#buffer = new ByteBuffer(limits.maxMessageBytes + BOM.length);
  }

  /** Bytes received of an incomplete message. */
  get pendingBytes(): number {
    return this.#state === 'value' || this.#state === 'line' ? this.#spanBytes : this.#bomBytes;
  }

  /** Bytes of the message that was decoded last. */
  get lastMessageBytes(): number {
    return this.#lastMessageBytes;
  }

  /** Bytes of memory held for what was fed. */
  get memoryBytes(): number {
    return this.#buffer.capacity + (this.unreadBytes > 0 ? this.#chunk.length + (this.#text?.length ?? 0) : 0);
  }

  /** Bytes fed that `next` has not read yet. */
  get unreadBytes(): number {
    return this.#chunk.length - this.#offset;
  }

  /** Feeds a chunk and returns everything it completes. */
  push(chunk: Buffer): DecodeResult[] {
    this.feed(chunk);
    return this.#drain();
  }

  /** Adds a chunk for `next` to read, after what is left of earlier ones. */
  feed(chunk: Buffer): void {
    this.#text = undefined;
    if (this.unreadBytes > 0) {
      this.#chunk = Buffer.concat([this.#chunk, chunk]);
    } else {
      this.#chunk = chunk;
      this.#offset = 0;
    }
  }

  /** Returns the next message or error, or undefined when more bytes are needed. */
  next(): DecodeResult | undefined {
    while (this.#offset < this.#chunk.length) {
      const decoded = this.#decodeStep();
      if (decoded !== undefined) return decoded;
    }
    // A quiet connection holds no memory.
    this.#chunk = EMPTY;
    this.#offset = 0;
    this.#text = undefined;
    return undefined;
  }

  /** Ends the stream and returns what is left: an unfinished message is an error, a last line without its end is not. */
  end(): DecodeResult[] {
    const decoded = this.#drain();
    if (this.#state === 'value' && !this.#isRefused)
      decoded.push(decodeError('invalid_json', 'the stream ended inside a message'));
    if (this.#state === 'line' || this.#bomBytes > 0) decoded.push(decodeMessageBytes(this.#buffer.take(EMPTY, 0, 0)));
    this.#reset('between');
    return decoded;
  }

  #drain(): DecodeResult[] {
    const all: DecodeResult[] = [];
    for (let decoded = this.next(); decoded !== undefined; decoded = this.next()) all.push(decoded);
    return all;
  }

  #decodeStep(): DecodeResult | undefined {
    switch (this.#state) {
      case 'between':
        return this.#skipWhiteSpace();
      case 'value':
        return this.#scanValue();
      case 'line':
        return this.#readLine();
      case 'lost':
        return this.#resync();
      case 'dead':
        this.#offset = this.#chunk.length;
        return undefined;
    }
  }

  #skipWhiteSpace(): DecodeResult | undefined {
    const chunk = this.#chunk;
    const start = this.#offset;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === BOM[this.#bomBytes]) {
        this.#bomBytes = (this.#bomBytes + 1) % BOM.length;
        continue;
      }
      if (this.#bomBytes === 0 && (byte === LF || byte === SPACE || byte === CR || byte === TAB)) continue;
      if (this.#spanBytes + at - start > this.#limits.maxMessageBytes) return this.#tooLarge();
      this.#offset = at;
      if (this.#bomBytes > 0 || !VALUE_START_BYTES.includes(byte)) return this.#rejectStray();
      this.#reset(byte === OPEN_BRACE || byte === OPEN_BRACKET ? 'value' : 'line');
      return undefined;
    }
    // White space is not kept, but it counts: an endless stream of it is an error.
    return this.#consumeChunk(start);
  }

  #scanValue(): DecodeResult | undefined {
    const start = this.#offset;
    const stop = this.#scanner.scan(this.#chunk, start);
    if (stop === 'more') return this.#consumeChunk(start);
    this.#offset = this.#scanner.offset;
    if (this.#spanBytes + this.#offset - start > this.#limits.maxMessageBytes) return this.#tooLarge();
    if (stop === 'deep') return this.#tooDeep(start);
    this.#lastMessageBytes = this.#spanBytes + this.#offset - start;
    const decoded = this.#isRefused ? undefined : this.#decodeScanned(stop, start);
    this.#reset(stop === 'torn' ? 'lost' : 'between');
    // After `torn`, the end of the line is a place to start over: no JSON string holds a line feed.
    this.#isLineStart = true;
    return decoded;
  }

  #decodeScanned(stop: Exclude<ScanStop, 'more' | 'deep'>, start: number): DecodeResult {
    if (stop === 'torn') return decodeError('invalid_json', 'a line ends inside a string');
    if (stop === 'blank') return decodeError('invalid_json', 'a blank line came before the outermost brace closed');
    // ASCII is one character a byte, so messages that lie whole in a chunk share one conversion of it.
    if (this.#spanBytes === 0 && !this.#scanner.hasNonAscii) {
      this.#text ??= this.#chunk.toString('latin1');
      return decodeMessageText(this.#text.slice(start, this.#offset));
    }
    return decodeMessageBytes(this.#buffer.take(this.#chunk, start, this.#offset));
  }

  #readLine(): DecodeResult | undefined {
    const start = this.#offset;
    const end = this.#chunk.indexOf(LF, start);
    if (end === -1) return this.#consumeChunk(start);
    this.#offset = end + 1;
    if (this.#spanBytes + end - start > this.#limits.maxMessageBytes) return this.#tooLarge();
    const decoded = decodeMessageBytes(this.#buffer.take(this.#chunk, start, end));
    this.#reset(decoded.error?.code === 'invalid_json' ? 'lost' : 'between');
    this.#isLineStart = true;
    return decoded;
  }

  #resync(): DecodeResult | undefined {
    const chunk = this.#chunk;
    const start = this.#offset;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#isLineStart && (byte === LF || byte === OPEN_BRACE)) {
        if (this.#spanBytes + at - start > this.#limits.maxMessageBytes) return this.#tooLarge();
        this.#offset = at;
        this.#reset('between');
        return undefined;
      }
      if (this.#isLineStart && byte === CR) continue;
      const end = chunk.indexOf(LF, at);
      this.#isLineStart = end !== -1;
      if (end === -1) break;
      at = end;
    }
    return this.#consumeChunk(start);
  }

  /** Rejects a byte that no JSON begins with, at once: a TLS hello has no line end to wait for. */
  #rejectStray(): DecodeResult {
    this.#reset('lost');
    this.#isLineStart = false;
    return decodeError('invalid_json', 'a message begins with {');
  }

  /** Uses up the chunk from `start` on; the current span continues in the next one. */
  #consumeChunk(start: number): DecodeResult | undefined {
    const chunk = this.#chunk;
    this.#offset = chunk.length;
    this.#spanBytes += chunk.length - start;
    if (this.#spanBytes > this.#limits.maxMessageBytes) return this.#tooLarge();
    if (this.#state === 'line' || (this.#state === 'value' && !this.#isRefused))
      this.#buffer.append(chunk, start, chunk.length);
    return undefined;
  }

  #tooDeep(start: number): DecodeResult {
    this.#isRefused = true;
    this.#spanBytes += this.#offset - start;
    this.#buffer.clear();
    return decodeError('too_deep', `a message may be nested at most ${this.#limits.maxDepth} levels deep`);
  }

  #tooLarge(): DecodeResult {
    this.#reset('dead');
    this.#offset = this.#chunk.length;
    return decodeError('too_large', `a message may have at most ${this.#limits.maxMessageBytes} bytes`, true);
  }

  #reset(state: DecoderState): void {
    this.#state = state;
    this.#buffer.clear();
    this.#spanBytes = 0;
    this.#isRefused = false;
    this.#scanner.reset();
    this.#bomBytes = 0;
  }
}
