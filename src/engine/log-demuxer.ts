/** A line of a container's output. */
export interface ContainerLogLine {
  stream: 'stdout' | 'stderr';
  /** Time at which the engine read it: RFC 3339, UTC, nanoseconds. */
  time: string;
  /** Without its newline. */
  text: string;
}

const FRAME_HEADER_BYTES = 8;
const SPACE = 0x20;
const NEWLINE = 0x0a;
/** Longer lines are cut here: a program that never ends its line must not fill the memory. */
const MAX_LINE_BYTES = 256 * 1024;

interface PartialLine {
  time: string;
  parts: Buffer[];
  size: number;
}

/** A piece of a container's output to one of its streams. */
export interface StdioFrame {
  stream: 'stdout' | 'stderr';
  bytes: Buffer;
}

/**
 * Splits the engine's multiplexed stream into frames. A frame has a header of eight bytes (stream, three zeros, length as a
 * big-endian 32-bit number), and chunks end anywhere in it. (Docker Engine API, "Attach to a container", stream format.)
 */
export class StdioFrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Returns the frames that `chunk` completes, in order. */
  push(chunk: Buffer): StdioFrame[] {
    const frames: StdioFrame[] = [];
    // The rest is less than one frame, and the engine's frames are small.
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const length = bytes.readUInt32BE(at + 4);
      if (bytes.length - at - FRAME_HEADER_BYTES < length) break;
      frames.push({
        stream: bytes[at] === 2 ? 'stderr' : 'stdout',
        bytes: bytes.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length),
      });
      at += FRAME_HEADER_BYTES + length;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}

/**
 * Splits an engine's log stream into lines. A frame is a time stamp, a space and a piece of a line: lines over 16 KiB come
 * in several frames.
 */
export class LogDemuxer {
  readonly #frames = new StdioFrameReader();
  #unfinished: { stdout: PartialLine | undefined; stderr: PartialLine | undefined } = {
    stdout: undefined,
    stderr: undefined,
  };

  /** Returns the lines that `chunk` completes, in order. */
  push(chunk: Buffer): ContainerLogLine[] {
    const lines: ContainerLogLine[] = [];
    for (const { stream, bytes } of this.#frames.push(chunk)) this.#addFrame(stream, bytes, lines);
    return lines;
  }

  /** Returns the last line of each stream, where the program did not end it. */
  end(): ContainerLogLine[] {
    const lines: ContainerLogLine[] = [];
    for (const stream of ['stdout', 'stderr'] as const) this.#completeLine(stream, lines);
    return lines;
  }

  #addFrame(stream: 'stdout' | 'stderr', frame: Buffer, lines: ContainerLogLine[]): void {
    const space = frame.indexOf(SPACE);
    const isEnd = frame[frame.length - 1] === NEWLINE;
    const piece = frame.subarray(space + 1, isEnd ? frame.length - 1 : frame.length);
    const line = this.#unfinished[stream] ?? { time: frame.toString('latin1', 0, space), parts: [], size: 0 };
    this.#unfinished[stream] = line;
    line.parts.push(piece);
    line.size += piece.length;
    if (isEnd || line.size >= MAX_LINE_BYTES) this.#completeLine(stream, lines);
  }

  #completeLine(stream: 'stdout' | 'stderr', lines: ContainerLogLine[]): void {
    const line = this.#unfinished[stream];
    if (!line) return;
    const bytes = line.parts.length === 1 ? (line.parts[0] as Buffer) : Buffer.concat(line.parts);
    lines.push({ stream, time: line.time, text: bytes.toString('utf8') });
    this.#unfinished[stream] = undefined;
  }
}
