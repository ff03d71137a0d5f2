import { type Decoded, readBytes, readMessage, refuse } from './envelope.ts';
import { Store } from './store.ts';
import { type Stop, Value } from './value.ts';

/** What a Decoder accepts: bytes from the first brace of a message to its last, and levels of nesting. */
export interface DecoderLimits {
  message: number;
  depth: number;
}

/**
 * Where the decoder stands:
 * - `between` messages, in white space;
 * - inside a `value` that began with a brace or a bracket, and ends when that closes;
 * - inside a `line` that began as any other JSON value does, and ends with the line;
 * - `lost`, after what cannot be read, until a blank line or a line that begins with a brace;
 * - `dead`, after too many bytes.
 */
type State = 'between' | 'value' | 'line' | 'lost' | 'dead';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
/** How a JSON value can begin. */
const BEGINS = Buffer.from('{["-0123456789tfn');
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const NOTHING = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into messages, however they are spaced or split. A message is complete when its outermost
 * brace closes; a blank line always ends one. Each byte is looked at once and copied at most twice, so the work is
 * linear and the memory bounded by the largest message allowed.
 *
 * What it gives out is JSON.parse's reading: of equal keys the last one counts, `-0` is kept, `__proto__` is an
 * ordinary key, a lone surrogate stays one. Numbers that JSON.parse would change are refused (see inexactNumber).
 */
export class Decoder {
  readonly #limits: DecoderLimits;
  #state: State = 'between';
  /** The chunk being read, and how far. */
  #chunk: Buffer = NOTHING;
  #at = 0;
  /** The chunk, a character for each byte, once it was needed. */
  #text: string | undefined;
  /** What earlier chunks held of the message being read. */
  readonly #store: Store;
  /** Bytes of the current stretch (message, line, white space, lost bytes) that earlier chunks held. */
  #size = 0;

  readonly #walker: Value;
  /** The message was refused already: follow it to its end, but keep none of it. */
  #refused = false;

  /** Bytes of a byte order mark seen so far. */
  #bom = 0;
  /** In `lost`: at the first byte of a line. */
  #lineStart = false;

  constructor(limits: DecoderLimits = { message: 1_048_576, depth: 128 }) {
    this.#limits = limits;
    this.#walker = new Value(limits.depth);
    this.#store = new Store(limits.message + BOM.length);
  }

  /** Bytes received of a message that is not complete; 0 in step. */
  get pending(): number {
    return this.#state === 'value' || this.#state === 'line' ? this.#size : this.#bom;
  }

  /** Bytes of memory that it keeps from what it was fed. */
  get kept(): number {
    return this.#store.size + (this.buffered > 0 ? this.#chunk.length + (this.#text?.length ?? 0) : 0);
  }

  /** Bytes given to `feed` that are still to be read by `next`. */
  get buffered(): number {
    return this.#chunk.length - this.#at;
  }

  /** Everything that a chunk completes. */
  push(chunk: Buffer): Decoded[] {
    this.feed(chunk);
    return this.#drain();
  }

  /** Gives the next chunk, to be read by `next`; whatever was left of the one before is read along with it. */
  feed(chunk: Buffer): void {
    this.#text = undefined;
    if (this.buffered > 0) {
      this.#chunk = Buffer.concat([this.#chunk, chunk]);
    } else {
      this.#chunk = chunk;
      this.#at = 0;
    }
  }

  /** The next thing in what was fed, or undefined when more bytes are needed. */
  next(): Decoded | undefined {
    while (this.#at < this.#chunk.length) {
      const decoded = this.#step();
      if (decoded !== undefined) return decoded;
    }
    // A quiet connection keeps none of what it brought before.
    this.#chunk = NOTHING;
    this.#at = 0;
    this.#text = undefined;
    return undefined;
  }

  /** The stream has ended: what that leaves unfinished is an error, except a line that is complete by now. */
  end(): Decoded[] {
    const decoded = this.#drain();
    const cut = this.#state === 'value' && !this.#refused;
    if (cut) decoded.push(refuse('invalid_json', 'the stream ended inside a message'));
    if (this.#state === 'line' || this.#bom > 0) decoded.push(readBytes(this.#store.take(NOTHING, 0, 0)));
    this.#reset('between');
    return decoded;
  }

  #drain(): Decoded[] {
    const all: Decoded[] = [];
    for (let decoded = this.next(); decoded !== undefined; decoded = this.next()) all.push(decoded);
    return all;
  }

  #step(): Decoded | undefined {
    switch (this.#state) {
      case 'between':
        return this.#between();
      case 'value':
        return this.#value();
      case 'line':
        return this.#line();
      case 'lost':
        return this.#lost();
      case 'dead':
        this.#at = this.#chunk.length;
        return undefined;
    }
  }

  #between(): Decoded | undefined {
    const chunk = this.#chunk;
    const start = this.#at;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === BOM[this.#bom]) {
        this.#bom = (this.#bom + 1) % BOM.length;
        continue;
      }
      if (this.#bom === 0 && (byte === LF || byte === SPACE || byte === CR || byte === TAB)) continue;
      if (this.#size + at - start > this.#limits.message) return this.#tooLarge();
      this.#at = at;
      if (this.#bom > 0 || !BEGINS.includes(byte)) return this.#stray();
      this.#reset(byte === OPEN_BRACE || byte === OPEN_BRACKET ? 'value' : 'line');
      return undefined;
    }
    // White space is not kept, but a sender of nothing else is not read for ever.
    return this.#more(start);
  }

  #value(): Decoded | undefined {
    const start = this.#at;
    const stop = this.#walker.walk(this.#chunk, start);
    if (stop === 'more') return this.#more(start);
    this.#at = this.#walker.at;
    if (this.#size + this.#at - start > this.#limits.message) return this.#tooLarge();
    if (stop === 'deep') return this.#tooDeep(start);
    const decoded = this.#refused ? undefined : this.#stopped(stop, start);
    this.#reset(stop === 'torn' ? 'lost' : 'between');
    // No string holds a line feed, so that was never going to be JSON; the end of the line is a place to start over.
    this.#lineStart = true;
    return decoded;
  }

  #stopped(stop: Exclude<Stop, 'more' | 'deep'>, start: number): Decoded {
    if (stop === 'torn') return refuse('invalid_json', 'a line ends inside a string');
    if (stop === 'blank') return refuse('invalid_json', 'a blank line came before the outermost brace closed');
    // ASCII is one character a byte, so messages that are whole in the chunk share one conversion of it.
    if (this.#size === 0 && !this.#walker.beyondAscii) {
      this.#text ??= this.#chunk.toString('latin1');
      return readMessage(this.#text.slice(start, this.#at));
    }
    return readBytes(this.#store.take(this.#chunk, start, this.#at));
  }

  #line(): Decoded | undefined {
    const start = this.#at;
    const end = this.#chunk.indexOf(LF, start);
    if (end === -1) return this.#more(start);
    this.#at = end + 1;
    if (this.#size + end - start > this.#limits.message) return this.#tooLarge();
    const decoded = readBytes(this.#store.take(this.#chunk, start, end));
    this.#reset(decoded.error?.code === 'invalid_json' ? 'lost' : 'between');
    this.#lineStart = true;
    return decoded;
  }

  #lost(): Decoded | undefined {
    const chunk = this.#chunk;
    const start = this.#at;
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#lineStart && (byte === LF || byte === OPEN_BRACE)) {
        if (this.#size + at - start > this.#limits.message) return this.#tooLarge();
        this.#at = at;
        this.#reset('between');
        return undefined;
      }
      if (this.#lineStart && byte === CR) continue;
      const end = chunk.indexOf(LF, at);
      this.#lineStart = end !== -1;
      if (end === -1) break;
      at = end;
    }
    return this.#more(start);
  }

  /** What begins here is no JSON: whoever sends a TLS hello is told at once, not when a line of it ends. */
  #stray(): Decoded {
    this.#reset('lost');
    this.#lineStart = false;
    return refuse('invalid_json', 'a message begins with {');
  }

  /** The chunk is used up from `start` on, and the stretch goes on. */
  #more(start: number): Decoded | undefined {
    const chunk = this.#chunk;
    this.#at = chunk.length;
    this.#size += chunk.length - start;
    if (this.#size > this.#limits.message) return this.#tooLarge();
    const kept = this.#state === 'line' || (this.#state === 'value' && !this.#refused);
    if (kept) this.#store.add(chunk, start, chunk.length);
    return undefined;
  }

  #tooDeep(start: number): Decoded {
    this.#refused = true;
    this.#size += this.#at - start;
    this.#store.clear();
    return refuse('too_deep', `a message may be nested ${this.#limits.depth} levels deep`);
  }

  #tooLarge(): Decoded {
    this.#reset('dead');
    this.#at = this.#chunk.length;
    return refuse('too_large', `a message may have ${this.#limits.message} bytes`, true);
  }

  #reset(state: State): void {
    this.#state = state;
    this.#store.clear();
    this.#size = 0;
    this.#refused = false;
    this.#walker.reset();
    this.#bom = 0;
  }
}
