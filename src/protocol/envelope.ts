import { isUtf8 } from 'node:buffer';
import { inexactNumber } from './exact.ts';
import type { ErrorCode, ErrorPayload, Message } from './message.ts';

/** One thing read from the wire: a message, or what was wrong with the bytes. After `fatal` nothing more comes. */
export type Decoded =
  | { readonly message: Message; readonly error?: undefined; readonly fatal?: undefined }
  | { readonly error: ErrorPayload; readonly fatal: boolean; readonly message?: undefined };

/** Digits of a number that an error quotes. */
const SHOWN = 40;

/** Reads bytes that should be one message, in strict UTF-8. */
export function readBytes(bytes: Buffer): Decoded {
  return isUtf8(bytes) ? readMessage(bytes.toString('utf8')) : refuse('invalid_json', 'not UTF-8');
}

/** Reads text that should be one message: legal JSON, an object with a type, no number that reading it would change. */
export function readMessage(text: string): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse('invalid_json', (error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('invalid_message', `a message is a JSON object, not ${nameOf(value)}`);
  }
  const type = (value as Partial<Message>).message_type;
  if (typeof type !== 'string' || type === '') {
    return refuse('invalid_message', 'a message has a "message_type" that is a string and not empty');
  }
  const inexact = inexactNumber(text);
  if (inexact !== undefined) {
    const shown = inexact.length > SHOWN ? `${inexact.slice(0, SHOWN)}...` : inexact;
    return refuse('invalid_message', `the number ${shown} cannot be kept exactly; send it as a string`);
  }
  return { message: value as Message };
}

/** What is given out for bytes that are no message. */
export function refuse(code: ErrorCode, message: string, fatal = false): Decoded {
  return { error: { code, message }, fatal };
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
