/**
 * A frame from the capture agent: a kind (8 bits), a length (32 bits, big-endian), and that many bytes.
 *
 * - `ready`: every packet from now on is captured;
 * - `packets`: the next bytes of the pcap file that tcpdump writes, cut anywhere;
 * - `end`: a {@link CaptureEnd} as JSON; the last frame.
 */
export interface CaptureFrame {
  kind: CaptureFrameKind;
  body: Buffer;
}

export type CaptureFrameKind = 'ready' | 'packets' | 'end';

/** Result of a capture. */
export interface CaptureEnd {
  /** Packets that the kernel dropped, since tcpdump did not read them fast enough. */
  dropped: number;
  /** Failure, in the words of the tool. @default absent: nothing */
  failure?: string;
  /** Program that was not found. @default absent: none */
  missing?: string;
}

const FRAME_KINDS: readonly CaptureFrameKind[] = ['ready', 'packets', 'end'];
const HEADER_BYTES = 5;

export function encodeCaptureFrame(kind: CaptureFrameKind, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header[0] = FRAME_KINDS.indexOf(kind);
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
}

/** Splits a stream into frames, however it is cut. */
export class CaptureFrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Returns the frames that a chunk completes. @throws Error when the stream holds no frames */
  push(chunk: Buffer): CaptureFrame[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: CaptureFrame[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const kind = FRAME_KINDS[bytes[at] as number];
      if (kind === undefined) throw new Error('unknown kind of frame: the other end is not a capture agent');
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      frames.push({ kind, body: bytes.subarray(at + HEADER_BYTES, end) });
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}
