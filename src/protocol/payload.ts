import { ProtocolError } from './message.ts';

/** Characters of a string that an error message quotes. */
const MAX_QUOTED_CHARS = 80;

/** Returns the error for a payload that its message type cannot have. */
export function invalidPayload(message: string): ProtocolError {
  return new ProtocolError('invalid_payload', message);
}

/** Returns whether a value is a JSON object: neither an array nor null. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Describes a value for an error message: its JSON, cut when long, or its kind. */
export function describePayload(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  if (typeof value !== 'string' || value.length <= MAX_QUOTED_CHARS) return JSON.stringify(value);
  return `${JSON.stringify(value.slice(0, MAX_QUOTED_CHARS)).slice(0, -1)}..."`;
}
