/**
 * A frame between the controller and the tunnel agent, which carry many TCP connections over one stream in each direction: the
 * number of the connection (32 bits), a kind (8 bits) and a length (32 bits), all big-endian, and that many bytes.
 */
export interface TunnelFrame {
  connection: number;
  kind: TunnelFrameKind;
  body: Buffer;
}

/**
 * - `open`: dial the address in the body;
 * - `opened`: the connection is open;
 * - `data`;
 * - `end`: no more data follows in this direction;
 * - `close`: the connection is closed, with the system's error code in the body, if any.
 */
export type TunnelFrameKind = 'open' | 'opened' | 'data' | 'close' | 'end';

const FRAME_KINDS: readonly TunnelFrameKind[] = ['open', 'opened', 'data', 'close', 'end'];
const HEADER_BYTES = 9;
const EMPTY = Buffer.alloc(0);

export function encodeTunnelFrame(connection: number, kind: TunnelFrameKind, body: Buffer | string = EMPTY): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes.length);
  frame.writeUInt32BE(connection, 0);
  frame[4] = FRAME_KINDS.indexOf(kind);
  frame.writeUInt32BE(bytes.length, 5);
  bytes.copy(frame, HEADER_BYTES);
  return frame;
}

/** Splits a stream into frames, however it is cut. */
export class TunnelFrameReader {
  #parts: Buffer[] = [];
  #size = 0;
  #needed = HEADER_BYTES;

  /** Returns the frames that a chunk completes. @throws Error when the stream holds no frames */
  push(chunk: Buffer): TunnelFrame[] {
    this.#parts.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#needed) return [];
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts);
    const frames: TunnelFrame[] = [];
    let at = 0;
    this.#needed = HEADER_BYTES;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = bytes.readUInt32BE(at + 5);
      if (bytes.length - at - HEADER_BYTES < length) {
        this.#needed = HEADER_BYTES + length;
        break;
      }
      const kind = FRAME_KINDS[bytes[at + 4] as number];
      if (kind === undefined) throw new Error('unknown kind of tunnel frame: the other end is not a tunnel agent');
      frames.push({
        connection: bytes.readUInt32BE(at),
        kind,
        body: bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length),
      });
      at += HEADER_BYTES + length;
    }
    this.#parts = [bytes.subarray(at)];
    this.#size = bytes.length - at;
    return frames;
  }
}
