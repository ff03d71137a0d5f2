import { BACKSLASH, MINUS, QUOTE } from './ascii.ts';

/** Matches a text that could hold a number a double cannot: sixteen digits in a row, or an exponent. */
const MAYBE_INEXACT = /\d{16}|\d[eE]/;
const NUMBER_TOKEN = /-?\d[\d.eE+-]*/y;

/**
 * Returns the first number in a legal JSON text that JSON.parse would change silently: an integer that a double cannot
 * hold (2^53 + 1), one that overflows to infinity (1e999) or vanishes to zero (1e-999). Undefined when there is none.
 *
 * A node that forwarded such a message would corrupt it; a refusal tells the sender to put the number in a string.
 * Fractions are left alone: everyone expects those to be rounded.
 */
export function findInexactNumber(text: string): string | undefined {
  if (!MAYBE_INEXACT.test(text)) return undefined;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === MINUS || (code >= 0x30 && code <= 0x39)) {
      NUMBER_TOKEN.lastIndex = at;
      const number = NUMBER_TOKEN.exec(text)?.[0] ?? '';
      if (!isExact(number)) return number;
      at += number.length - 1;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) {
    if (at >= text.length) return at;
    at += code === BACKSLASH ? 2 : 1;
  }
  return at;
}

function isExact(number: string): boolean {
  const value = Number(number);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return !/[1-9]/.test(number.split(/e/i, 1)[0] ?? '');
  if (Number.isSafeInteger(value) || !/^-?\d+$/.test(number)) return true;
  // The next reader sees the digits as they are written again, so those must be the same.
  return significantDigits(number) === significantDigits(String(value));
}

/** Returns the digits of an integer of at most 309 digits, without trailing zeros and exponent. */
function significantDigits(number: string): string {
  return number.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/0+$/, '');
}
