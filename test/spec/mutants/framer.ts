/** Part of a stream: the bytes of a possible message, or why they are refused. */
export type Frame = { bytes: Buffer } | { refused: string; fatal?: boolean };

const [LF, CR, QUOTE, BACKSLASH] = [0x0a, 0x0d, 0x22, 0x5c];
const BLANK = new Set([0x20, 0x09, LF, CR, 0xef, 0xbb, 0xbf]);
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);

/** Splits a stream into frames: at the closing outermost brace, at a blank line, or at the end of a line that is not JSON. */
export class Framer {
  maxMessage = 1_048_576;
  maxDepth = 128;
  protected parts: Buffer[] = [];
  protected size = 0;
  protected state: 'between' | 'value' | 'line' = 'between';
  private depth = 0;
  private inString = false;
  private escaped = false;
  private deep = false;
  private lineFed = false;

  /** Bytes of the incomplete frame. */
  get pending(): number {
    return this.state === 'between' ? 0 : this.size;
  }

  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      const blank = byte === LF && this.lineFed;
      if (byte !== CR) this.lineFed = byte === LF;
      if (this.state === 'between' && !this.blank(byte)) {
        this.size = 0;
        this.state = OPEN.has(byte) ? 'value' : 'line';
        start = at;
      }
      if (++this.size > this.maxMessage + (this.state === 'line' ? 1 : 0)) return [...frames, this.tooLarge()];
      if (this.state === 'line' && byte === LF) {
        frames.push(this.take(chunk.subarray(start, at)));
      } else if (this.state === 'value') {
        if (blank) {
          this.reset();
          frames.push({ refused: 'invalid_json' });
        } else if (this.closes(byte)) {
          const { deep } = this;
          const frame = this.take(chunk.subarray(start, at + 1));
          if (!deep) frames.push(frame);
        } else if (this.depth > this.maxDepth && !this.deep) {
          this.deep = true;
          frames.push({ refused: 'too_deep' });
        }
      }
    }
    if (this.state !== 'between') this.parts.push(chunk.subarray(start));
    return frames;
  }

  /** Returns the frames that a half-close completes. */
  end(): Frame[] {
    if (this.state === 'between') return [];
    if (this.state === 'line') return [this.take(Buffer.alloc(0))];
    this.reset();
    return [{ refused: 'invalid_json' }];
  }

  protected blank(byte: number): boolean {
    return BLANK.has(byte);
  }

  protected tooLarge(): Frame {
    this.reset();
    return { refused: 'too_large', fatal: true };
  }

  protected take(last: Buffer): Frame {
    const bytes = Buffer.concat([...this.parts, last]);
    this.reset();
    return { bytes };
  }

  protected reset(): void {
    this.parts = [];
    this.size = 0;
    this.state = 'between';
    this.depth = 0;
    this.inString = false;
    this.escaped = false;
    this.deep = false;
  }

  private closes(byte: number): boolean {
    if (this.escaped) this.escaped = false;
    else if (this.inString && byte === BACKSLASH) this.escaped = true;
    else if (byte === QUOTE) this.inString = !this.inString;
    else if (this.inString) return false;
    else if (OPEN.has(byte)) this.depth++;
    else if (CLOSE.has(byte)) return --this.depth === 0;
    return false;
  }
}
