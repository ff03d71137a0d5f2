import { escapeBytes } from './escape.ts';

/** One thing that happened on a connection of a case. */
export interface Entry {
  /** Milliseconds since the case began. */
  readonly at: number;
  /** Which connection: `conn 1` is dialed by the suite, `peer 1 link 2` by the target. */
  readonly on: string;
  readonly kind: 'sent' | 'received' | 'event';
  /** The bytes, escaped, the middle of many left out; or what happened. */
  readonly text: string;
  /** How many bytes there were. */
  readonly bytes: number;
}

const HEAD = 240;
const TAIL = 60;
const MOST = 80;

interface Stretch {
  at: number;
  on: string;
  kind: Entry['kind'];
  head: Buffer;
  tail: Buffer;
  bytes: number;
}

/** Notes what is sent and received in a case, in little memory however much that is. */
export class Exchange {
  readonly #start = performance.now();
  readonly #stretches: Stretch[] = [];
  #left = 0;

  /** Milliseconds since the case began. */
  get elapsed(): number {
    return performance.now() - this.#start;
  }

  sent(on: string, bytes: Uint8Array): void {
    this.#add(on, 'sent', bytes);
  }

  received(on: string, bytes: Uint8Array): void {
    this.#add(on, 'received', bytes);
  }

  event(on: string, what: string): void {
    this.#add(on, 'event', Buffer.from(what));
  }

  get entries(): Entry[] {
    const entries = this.#stretches.map(({ at, on, kind, head, tail, bytes }): Entry => {
      const gap = bytes - head.length - tail.length;
      const show = kind === 'event' ? (text: Buffer) => text.toString() : escapeBytes;
      const text = gap > 0 ? `${show(head)} ...${gap} bytes... ${show(tail)}` : show(head) + show(tail);
      return { at: Math.round(at * 10) / 10, on, kind, text, bytes: kind === 'event' ? 0 : bytes };
    });
    if (this.#left === 0) return entries;
    const at = entries.at(-1)?.at ?? 0;
    return [...entries, { at, on: '', kind: 'event', text: `${this.#left} more not shown`, bytes: 0 }];
  }

  #add(on: string, kind: Entry['kind'], bytes: Uint8Array): void {
    const last = this.#stretches.at(-1);
    // What goes one way without an interruption is one stretch, so that byte by byte is still one line to read.
    if (last !== undefined && last.on === on && last.kind === kind && kind !== 'event') {
      const room = HEAD - last.head.length;
      if (room > 0) last.head = Buffer.concat([last.head, bytes.subarray(0, room)]);
      const rest = bytes.subarray(Math.max(0, room));
      if (rest.length > 0) last.tail = Buffer.from(Buffer.concat([last.tail, rest.subarray(-TAIL)]).subarray(-TAIL));
      last.bytes += bytes.length;
      return;
    }
    if (this.#stretches.length >= MOST) {
      this.#left++;
      return;
    }
    const head = Buffer.from(bytes.subarray(0, HEAD));
    const tail = Buffer.from(bytes.subarray(HEAD).subarray(-TAIL));
    this.#stretches.push({ at: this.elapsed, on, kind, head, tail, bytes: bytes.length });
  }
}
