import { isUtf8 } from 'node:buffer';
import { findInexactNumber } from './inexact-number.ts';
import type { ErrorPayload, Message, ProtocolErrorCode } from './message.ts';

/** One thing read from the wire: a message, or what was wrong with the bytes. After `fatal` nothing more comes. */
export type DecodeResult =
  | { readonly message: Message; readonly error?: undefined; readonly fatal?: undefined }
  | { readonly error: ErrorPayload; readonly fatal: boolean; readonly message?: undefined };

/** Digits of a number that an error quotes. */
const MAX_QUOTED_DIGITS = 40;

/** Reads bytes that should be one message, in strict UTF-8. */
export function decodeMessageBytes(bytes: Buffer): DecodeResult {
  return isUtf8(bytes) ? decodeMessageText(bytes.toString('utf8')) : decodeError('invalid_json', 'not UTF-8');
}

/** Reads text that should be one message: legal JSON, an object with a type, no number that reading it would change. */
export function decodeMessageText(text: string): DecodeResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return decodeError('invalid_json', (error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return decodeError('invalid_message', `a message is a JSON object, not ${describeType(value)}`);
  }
  const type = (value as Partial<Message>).message_type;
  if (typeof type !== 'string' || type === '') {
    return decodeError('invalid_message', 'a message has a "message_type" that is a string and not empty');
  }
  const inexact = findInexactNumber(text);
  if (inexact !== undefined) {
    const shown = inexact.length > MAX_QUOTED_DIGITS ? `${inexact.slice(0, MAX_QUOTED_DIGITS)}...` : inexact;
    return decodeError('invalid_message', `the number ${shown} cannot be kept exactly; send it as a string`);
  }
  return { message: value as Message };
}

/** What is given out for bytes that are no message. */
export function decodeError(code: ProtocolErrorCode, message: string, fatal = false): DecodeResult {
  return { error: { code, message }, fatal };
}

function describeType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
