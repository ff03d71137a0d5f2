import { isUtf8 } from 'node:buffer';
import { findInexactNumber } from './inexact-number.ts';
import type { ErrorPayload, Message, ProtocolErrorCode } from './message.ts';
import { describePayload, isJsonObject } from './payload.ts';

/** One thing read from the wire: a `message`, or an `error` that says what was wrong with the bytes. Nothing follows a `fatal` one. */
export type DecodeResult =
  | { readonly message: Message; readonly error?: undefined; readonly fatal?: undefined }
  | { readonly error: ErrorPayload; readonly fatal: boolean; readonly message?: undefined };

/** Digits of a number that an error quotes. */
const MAX_QUOTED_DIGITS = 40;

/** Decodes the bytes of one message, in strict UTF-8. */
export function decodeMessageBytes(bytes: Buffer): DecodeResult {
  return isUtf8(bytes) ? decodeMessageText(bytes.toString('utf8')) : decodeError('invalid_json', 'not UTF-8');
}

/** Decodes the text of one message: a JSON object with a type and no number that JSON.parse would change. */
export function decodeMessageText(text: string): DecodeResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return decodeError('invalid_json', (error as Error).message);
  }
  if (!isJsonObject(value)) {
    return decodeError('invalid_message', `a message is a JSON object, not ${describePayload(value)}`);
  }
  if (typeof value.message_type !== 'string' || value.message_type === '') {
    return decodeError('invalid_message', 'a message has a "message_type" that is a non-empty string');
  }
  const inexact = findInexactNumber(text);
  if (inexact !== undefined) {
    const shown = inexact.length > MAX_QUOTED_DIGITS ? `${inexact.slice(0, MAX_QUOTED_DIGITS)}...` : inexact;
    return decodeError('invalid_message', `the number ${shown} cannot be kept exactly; send it as a string`);
  }
  return { message: value as unknown as Message };
}

export function decodeError(code: ProtocolErrorCode, message: string, fatal = false): DecodeResult {
  return { error: { code, message }, fatal };
}
