import { BACKSLASH, MINUS, QUOTE } from './ascii.ts';

/** Matches a text that could hold a number a double cannot: sixteen digits in a row, or an exponent. */
const MAYBE_INEXACT = /\d{16}|\d[eE]/;
const NUMBER_TOKEN = /-?\d[\d.eE+-]*/y;
/** Longest number that a double holds as it is written, whatever its digits, if it has no exponent. */
const MAX_EXACT_DIGITS = 15;

/**
 * Returns the first number in a legal JSON text that JSON.parse would change silently: an integer that a double cannot
 * hold (2^53 + 1, also written `9007199254740993.0` or `9007199254740993e0`), one that overflows to infinity (1e999) or
 * vanishes to zero (1e-999). Undefined when there is none.
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
  if (number.length <= MAX_EXACT_DIGITS && !/[eE]/.test(number)) return true;
  const value = Number(number);
  if (!Number.isFinite(value)) return false;
  const { digits, exponent } = parseDecimal(number);
  if (value === 0) return digits === '';
  // The next reader sees the digits as they are written again, so those must be the same.
  return exponent < 0 || Number.isSafeInteger(value) || digits === parseDecimal(String(value)).digits;
}

/** Returns a number as digits times a power of ten, without zeros at either end: `digits` is empty for 0. */
function parseDecimal(number: string): { digits: string; exponent: number } {
  const [mantissa = '', power = '0'] = number.replace(/^-/, '').split(/e/i);
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  // Not /0+$/, which is quadratic in a run of zeros that does not end the text.
  let length = digits.length;
  while (digits[length - 1] === '0') length--;
  return { digits: digits.slice(0, length), exponent: Number(power) - fraction.length + digits.length - length };
}
