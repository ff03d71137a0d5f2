import { escapeBytes } from './escape-bytes.ts';

/** Something that happened on a connection of a case. */
export interface TranscriptEntry {
  /** Milliseconds since the case began. */
  readonly at: number;
  /** Name of the connection: `conn 1` was dialed by the suite, `peer 1 link 2` by the target. */
  readonly on: string;
  readonly kind: 'sent' | 'received' | 'event';
  /** The bytes, escaped and without the middle of many; or what happened. */
  readonly text: string;
  /** Number of bytes; 0 for an event. */
  readonly bytes: number;
}

/** Bytes of an entry that are kept: its first and its last. */
const MAX_HEAD_BYTES = 65_536;
const MAX_TAIL_BYTES = 256;
const MAX_ENTRIES = 80;

interface EntryBuffer {
  at: number;
  on: string;
  kind: TranscriptEntry['kind'];
  head: Buffer;
  tail: Buffer;
  bytes: number;
}

/** Records what a case sends and receives, in bounded memory. */
export class Transcript {
  readonly #start = performance.now();
  readonly #buffers: EntryBuffer[] = [];
  #omitted = 0;

  sent(on: string, bytes: Uint8Array): void {
    this.#add(on, 'sent', bytes);
  }

  received(on: string, bytes: Uint8Array): void {
    this.#add(on, 'received', bytes);
  }

  event(on: string, text: string): void {
    this.#add(on, 'event', Buffer.from(text));
  }

  get entries(): TranscriptEntry[] {
    const entries = this.#buffers.map(({ at, on, kind, head, tail, bytes }): TranscriptEntry => {
      const gap = bytes - head.length - tail.length;
      const show = kind === 'event' ? (text: Buffer) => text.toString() : escapeBytes;
      const text = gap > 0 ? `${show(head)} ...${gap} bytes... ${show(tail)}` : show(head) + show(tail);
      return { at: Math.round(at * 10) / 10, on, kind, text, bytes: kind === 'event' ? 0 : bytes };
    });
    if (this.#omitted === 0) return entries;
    const at = entries.at(-1)?.at ?? 0;
    return [...entries, { at, on: '', kind: 'event', text: `${this.#omitted} more not shown`, bytes: 0 }];
  }

  #add(on: string, kind: TranscriptEntry['kind'], bytes: Uint8Array): void {
    const last = this.#buffers.at(-1);
    // Bytes that go one way without interruption are one entry, so that a message sent byte by byte is still one line.
    if (last !== undefined && last.on === on && last.kind === kind && kind !== 'event') {
      const room = MAX_HEAD_BYTES - last.head.length;
      if (room > 0) last.head = Buffer.concat([last.head, bytes.subarray(0, room)]);
      const rest = bytes.subarray(Math.max(0, room));
      if (rest.length > 0)
        last.tail = Buffer.from(Buffer.concat([last.tail, rest.subarray(-MAX_TAIL_BYTES)]).subarray(-MAX_TAIL_BYTES));
      last.bytes += bytes.length;
      return;
    }
    if (this.#buffers.length >= MAX_ENTRIES) {
      this.#omitted++;
      return;
    }
    const head = Buffer.from(bytes.subarray(0, MAX_HEAD_BYTES));
    const tail = Buffer.from(bytes.subarray(MAX_HEAD_BYTES).subarray(-MAX_TAIL_BYTES));
    this.#buffers.push({ at: performance.now() - this.#start, on, kind, head, tail, bytes: bytes.length });
  }
}

const ARROWS: Record<TranscriptEntry['kind'], string> = { sent: '->', received: '<-', event: '--' };

/** Formats a transcript, a line for each entry: time, connection, direction, bytes. */
export function formatTranscript(entries: readonly TranscriptEntry[], formatText = (text: string) => text): string[] {
  return entries.map(
    ({ at, on, kind, text }) => `${at.toFixed(1).padStart(8)} ms  ${on.padEnd(8)} ${ARROWS[kind]} ${formatText(text)}`,
  );
}
