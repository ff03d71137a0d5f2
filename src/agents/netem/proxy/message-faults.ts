import { LF } from '../../../protocol/ascii.ts';
import type { MessageFault } from '../state/link-state.ts';

const LINE_END = Buffer.from('\n\n');
const BITS_PER_BYTE = 8;

/** Returns the first fault that applies to a message: by its type, and by its probability. */
export function selectFault(
  message: Buffer,
  faults: readonly MessageFault[],
  random: () => number,
): MessageFault | undefined {
  const type = faults.some((fault) => fault.type !== undefined) ? messageTypeOf(message) : undefined;
  return faults.find((fault) => (fault.type === undefined || fault.type === type) && random() < fault.probability);
}

/** Returns the message with a line end, which it needs when another message is put after it. */
export function withLineEnd(message: Buffer): Buffer {
  return message.at(-1) === LF ? message : Buffer.concat([message, LINE_END]);
}

/**
 * Returns the message with one bit of a letter or a digit flipped. The new character is no bracket, quote, backslash or control
 * character: the message may be malformed or mean something else, but it ends where it ended, so that the next one gets through.
 */
export function corruptMessage(message: Buffer, random: () => number): Buffer {
  const places = [...message.keys()].filter((at) => isAlphanumeric(message[at] as number));
  const at = places[Math.floor(random() * places.length)];
  if (at === undefined) return message;
  const byte = message[at] as number;
  const flipped = [...Array(BITS_PER_BYTE - 1).keys()].map((bit) => byte ^ (1 << bit)).filter(keepsFraming);
  const copy = Buffer.from(message);
  copy[at] = flipped[Math.floor(random() * flipped.length)] as number;
  return copy;
}

function messageTypeOf(message: Buffer): unknown {
  try {
    return (JSON.parse(message.toString()) as { message_type?: unknown } | null)?.message_type;
  } catch {
    return undefined; // Malformed JSON is of no type.
  }
}

const isAlphanumeric = (byte: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(byte));
const keepsFraming = (byte: number): boolean =>
  byte > 0x20 && byte < 0x7f && !'{}[]"\\'.includes(String.fromCharCode(byte));
