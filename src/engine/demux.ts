/** One line that a container wrote. */
export interface LogLine {
  stream: 'stdout' | 'stderr';
  /** When the engine read it: RFC 3339, UTC, nanoseconds. */
  time: string;
  /** Without its newline. */
  text: string;
}

const HEADER = 8;
const SPACE = 0x20;
const NEWLINE = 0x0a;
/** A program that never ends its line must not fill our memory: it is cut here, bytes. */
const LONGEST_LINE = 256 * 1024;

interface Unfinished {
  time: string;
  parts: Buffer[];
  size: number;
}

/** A piece of what a container wrote to one of its streams. */
export interface Frame {
  stream: 'stdout' | 'stderr';
  bytes: Buffer;
}

/**
 * Takes apart a stream in which the engine sends two: frames with a header of eight bytes (stream, three zeros, length as a
 * big-endian 32-bit number). They arrive cut anywhere. (Docker Engine API, "Attach to a container", stream format.)
 */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  /** Frames completed by `chunk`, in order. */
  push(chunk: Buffer): Frame[] {
    const frames: Frame[] = [];
    // What is kept from before is less than one frame, and the engine's frames are small.
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const length = bytes.readUInt32BE(at + 4);
      if (bytes.length - at - HEADER < length) break;
      frames.push({
        stream: bytes[at] === 2 ? 'stderr' : 'stdout',
        bytes: bytes.subarray(at + HEADER, at + HEADER + length),
      });
      at += HEADER + length;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}

/**
 * Takes an engine's log stream apart: each frame is a time stamp, a space and a piece of a line. Lines over 16 KiB come in
 * several frames.
 */
export class Demuxer {
  readonly #frames = new Frames();
  #unfinished: { stdout: Unfinished | undefined; stderr: Unfinished | undefined } = {
    stdout: undefined,
    stderr: undefined,
  };

  /** Lines completed by `chunk`, in order. */
  push(chunk: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    for (const { stream, bytes } of this.#frames.push(chunk)) this.#frame(stream, bytes, lines);
    return lines;
  }

  /** The last line of each stream, where the program did not end it. */
  end(): LogLine[] {
    const lines: LogLine[] = [];
    for (const stream of ['stdout', 'stderr'] as const) this.#finish(stream, lines);
    return lines;
  }

  #frame(stream: 'stdout' | 'stderr', frame: Buffer, lines: LogLine[]): void {
    const space = frame.indexOf(SPACE);
    const ends = frame[frame.length - 1] === NEWLINE;
    const piece = frame.subarray(space + 1, ends ? frame.length - 1 : frame.length);
    const line = this.#unfinished[stream] ?? { time: frame.toString('latin1', 0, space), parts: [], size: 0 };
    this.#unfinished[stream] = line;
    line.parts.push(piece);
    line.size += piece.length;
    if (ends || line.size >= LONGEST_LINE) this.#finish(stream, lines);
  }

  #finish(stream: 'stdout' | 'stderr', lines: LogLine[]): void {
    const line = this.#unfinished[stream];
    if (!line) return;
    const bytes = line.parts.length === 1 ? (line.parts[0] as Buffer) : Buffer.concat(line.parts);
    lines.push({ stream, time: line.time, text: bytes.toString('utf8') });
    this.#unfinished[stream] = undefined;
  }
}
