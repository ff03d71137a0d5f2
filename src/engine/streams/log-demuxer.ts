import { parseEngineTime } from '../connection/engine-time.ts';

/** A line of a container's output. */
export interface ContainerLogLine {
  stream: 'stdout' | 'stderr';
  /** Time at which the engine read it: RFC 3339, UTC, nanoseconds. */
  time: string;
  /** The same, milliseconds since the epoch, with fraction. */
  timeMs: number;
  /** Without its newline. */
  text: string;
  /** True of each piece but the last of a line that is too long: the next line of the stream continues it. */
  continues?: true;
}

const FRAME_HEADER_BYTES = 8;
const SPACE = 0x20;
const NEWLINE = 0x0a;
/** Length of the engine's time stamps, as `2026-11-28T18:22:17.407099000Z`. Podman's may be shorter. */
const TIME_BYTES = 30;
/** Longer lines are cut here, between characters: a program that never ends its line must not fill the memory. */
export const MAX_LINE_BYTES = 1024 * 1024;

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
  #rest: Buffer = Buffer.alloc(0);
  #unfinished: { stdout: PartialLine | undefined; stderr: PartialLine | undefined } = {
    stdout: undefined,
    stderr: undefined,
  };

  /** Returns the lines that `chunk` completes, in order. Keeps nothing of `chunk` itself. */
  push(chunk: Buffer): ContainerLogLine[] {
    const lines: ContainerLogLine[] = [];
    // The rest is less than one frame, and the engine's frames are small.
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    // Not by StdioFrameReader: a buffer for each frame would cost as much as all the rest.
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const start = at + FRAME_HEADER_BYTES;
      const end = start + bytes.readUInt32BE(at + 4);
      if (end > bytes.length) break;
      this.#addFrame(bytes[at] === 2 ? 'stderr' : 'stdout', bytes, start, end, lines);
      at = end;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    return lines;
  }

  /** Returns the last line of each stream, where the program did not end it. */
  end(): ContainerLogLine[] {
    const lines: ContainerLogLine[] = [];
    for (const stream of ['stdout', 'stderr'] as const) this.#completeLine(stream, lines);
    return lines;
  }

  #addFrame(stream: 'stdout' | 'stderr', bytes: Buffer, start: number, end: number, lines: ContainerLogLine[]): void {
    const space = bytes[start + TIME_BYTES] === SPACE ? start + TIME_BYTES : bytes.indexOf(SPACE, start);
    const isEnd = bytes[end - 1] === NEWLINE;
    const before = this.#unfinished[stream];
    if (before === undefined && isEnd && end - space <= MAX_LINE_BYTES) {
      const time = bytes.toString('latin1', start, space);
      lines.push({ stream, time, timeMs: parseEngineTime(time), text: bytes.toString('utf8', space + 1, end - 1) });
      return;
    }
    const line: PartialLine = before ?? { time: bytes.toString('latin1', start, space), parts: [], size: 0 };
    this.#unfinished[stream] = line;
    const piece = Buffer.from(bytes.subarray(space + 1, isEnd ? end - 1 : end));
    line.parts.push(piece);
    line.size += piece.length;
    if (isEnd) this.#completeLine(stream, lines);
    else if (line.size >= MAX_LINE_BYTES) this.#cutLine(stream, lines);
  }

  #completeLine(stream: 'stdout' | 'stderr', lines: ContainerLogLine[]): void {
    const line = this.#unfinished[stream];
    if (!line) return;
    const { time, parts } = line;
    lines.push({ stream, time, timeMs: parseEngineTime(time), text: Buffer.concat(parts).toString('utf8') });
    this.#unfinished[stream] = undefined;
  }

  /** Completes a line that is too long. Its rest is the next line, which begins with a whole character. */
  #cutLine(stream: 'stdout' | 'stderr', lines: ContainerLogLine[]): void {
    const { time, parts } = this.#unfinished[stream] as PartialLine;
    const bytes = Buffer.concat(parts);
    const end = endOfWholeCharacters(bytes);
    const text = bytes.toString('utf8', 0, end);
    lines.push({ stream, time, timeMs: parseEngineTime(time), text, continues: true });
    const rest = bytes.subarray(end);
    this.#unfinished[stream] = rest.length === 0 ? undefined : { time, parts: [rest], size: rest.length };
  }
}

/** Returns where an unfinished UTF-8 character at the end of `bytes` begins, or their length. */
function endOfWholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
