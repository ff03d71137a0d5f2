/**
 * What travels between the controller and a relay, both ways: many TCP connections over one stream of bytes. A frame is a
 * connection's number (32 bits), a kind (8 bits) and a length (32 bits), all big-endian, and that many bytes.
 */
export interface TunnelFrame {
  connection: number;
  kind: TunnelFrameKind;
  body: Buffer;
}

/**
 * `open`: dial the address in the body; `opened`: it stands; `data`; `end`: no more data comes this way; `close`: it is over,
 * with the system's reason if any.
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

/** Takes a stream of frames apart, however it is cut. */
export class TunnelFrameReader {
  #parts: Buffer[] = [];
  #size = 0;
  #needed = HEADER_BYTES;

  /** Frames completed by `chunk`. @throws Error when the other end speaks something else */
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
      if (kind === undefined) throw new Error('the tunnel carries something that is no frame');
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
