import { isUtf8 } from 'node:buffer';
import { escapeExcerpt } from './escape-bytes.ts';

/** Longest reply that is read; a longer one is cut there. */
const MAX_REPLY_BYTES = 16 * 1024 * 1024;

/** Something the target said: a JSON object or array, or a line of anything else. */
export interface TargetReply {
  /** Without the delimiter. */
  readonly bytes: Buffer;
  /** True for valid JSON in valid UTF-8. */
  readonly isJson: boolean;
  /** The parsed JSON. */
  readonly value: unknown;
  /** The `message_type`, if it is a string. */
  readonly type: string | undefined;
  readonly payload: unknown;
  /** The `code` in the payload of an `error`. */
  readonly code: string | undefined;
}

/** Quotes a reply in a finding. */
export function quoteReply(reply: TargetReply | undefined): string {
  return reply === undefined ? 'no reply' : escapeExcerpt(reply.bytes);
}

/** True for gossip with the given id. */
export function hasGossipId({ type, payload }: TargetReply, id: string): boolean {
  return type === 'gossip' && (payload as { id?: unknown } | null)?.id === id;
}

function parseReply(bytes: Buffer): TargetReply {
  let value: unknown;
  let isJson = isUtf8(bytes);
  try {
    if (isJson) value = JSON.parse(bytes.toString('utf8'));
  } catch {
    isJson = false;
  }
  const message = (typeof value === 'object' && value !== null ? value : {}) as {
    message_type?: unknown;
    payload?: unknown;
  };
  const type = typeof message.message_type === 'string' ? message.message_type : undefined;
  const { payload } = message;
  const code = type === 'error' ? (payload as { code?: unknown } | null | undefined)?.code : undefined;
  return { bytes, isJson, value, type, payload, code: typeof code === 'string' ? code : undefined };
}

/**
 * Splits what a target sends into replies, leniently: a reply ends when its outermost bracket closes, or, if it does not
 * begin with a bracket, at the end of its line. How a target delimits its replies is for one case to judge, not for all.
 */
export class ReplySplitter {
  #parts: Buffer[] = [];
  #size = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #state: 'between' | 'json' | 'line' = 'between';

  push(chunk: Buffer): TargetReply[] {
    const replies: TargetReply[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (this.#state === 'between') {
        if (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)) continue;
        start = at;
        this.#state = byte === 0x7b || byte === 0x5b ? 'json' : 'line';
      }
      if (!this.#isLastByte(byte)) continue;
      this.#parts.push(chunk.subarray(start, this.#state === 'line' ? at : at + 1));
      replies.push(this.#takeReply());
    }
    if (this.#state !== 'between') {
      this.#parts.push(chunk.subarray(start));
      this.#size += chunk.length - start;
      if (this.#size > MAX_REPLY_BYTES) replies.push(this.#takeReply());
    }
    return replies;
  }

  /** Returns the unfinished reply that is left when the target has ended. */
  end(): TargetReply[] {
    return this.#state === 'between' ? [] : [this.#takeReply()];
  }

  #isLastByte(byte: number): boolean {
    if (this.#state === 'line') return byte === 0x0a;
    if (this.#escaped) this.#escaped = false;
    else if (this.#inString) {
      if (byte === 0x5c) this.#escaped = true;
      else if (byte === 0x22) this.#inString = false;
    } else if (byte === 0x22) this.#inString = true;
    else if (byte === 0x7b || byte === 0x5b) this.#depth++;
    else if (byte === 0x7d || byte === 0x5d) return --this.#depth === 0;
    return false;
  }

  #takeReply(): TargetReply {
    const reply = parseReply(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#size = 0;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    this.#state = 'between';
    return reply;
  }
}
