import type { MessageFault } from '../state/link-state.ts';

const LINE_END = Buffer.from('\n\n');
const LF = 0x0a;
const BITS_PER_BYTE = 8;

/** The fault that hits a message, if any: the first whose type it is and whose dice say so. */
export function selectFault(
  message: Buffer,
  faults: readonly MessageFault[],
  random: () => number,
): MessageFault | undefined {
  const type = faults.some((fault) => fault.type !== undefined) ? messageTypeOf(message) : undefined;
  return faults.find((fault) => (fault.type === undefined || fault.type === type) && random() < fault.probability);
}

/** The message with the end of a line after it, as it must have where others come between it and what followed it. */
export function withLineEnd(message: Buffer): Buffer {
  return message.at(-1) === LF ? message : Buffer.concat([message, LINE_END]);
}

/**
 * The message with one bit turned. It is one of a letter or a digit, and leaves neither a bracket, a quote nor a control
 * character: the message may be no JSON any more, or mean something else, but it ends where it ended, so that the next one
 * comes through.
 */
export function corruptMessage(message: Buffer, random: () => number): Buffer {
  const places = [...message.keys()].filter((at) => isAlphanumeric(message[at] as number));
  const at = places[Math.floor(random() * places.length)];
  if (at === undefined) return message;
  const byte = message[at] as number;
  const turned = [...Array(BITS_PER_BYTE - 1).keys()].map((bit) => byte ^ (1 << bit)).filter(keepsFraming);
  const copy = Buffer.from(message);
  copy[at] = turned[Math.floor(random() * turned.length)] as number;
  return copy;
}

function messageTypeOf(message: Buffer): unknown {
  try {
    return (JSON.parse(message.toString()) as { message_type?: unknown } | null)?.message_type;
  } catch {
    return undefined; // No JSON, so no message of any type: it passes.
  }
}

const isAlphanumeric = (byte: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(byte));
const keepsFraming = (byte: number): boolean =>
  byte > 0x20 && byte < 0x7f && !'{}[]"\\'.includes(String.fromCharCode(byte));
