import { type CaseOutcome, fail, nonStrict, ok } from '../harness/verdict.ts';
import { escapeExcerpt } from '../transport/escape-bytes.ts';

const STRINGS = /"(?:[^"\\]|\\.)*"/g;

/** Judges how one reply is laid out: the bytes as they came, and whether the connection had ended after them. */
export function judgeDelimiters(raw: Buffer, ended: boolean): CaseOutcome {
  // A character for each byte: this looks at layout only.
  const text = raw.toString('latin1');
  const expected = 'one compact line, and a blank line after it';
  const got = escapeExcerpt(raw);
  const line = text.replace(/\n+$/, '');
  if (/[\r\n]/.test(line)) return fail(expected, got);
  // Who reads to the end of the connection gets this reply, too.
  if (`${line}\n\n` !== text) return ended ? nonStrict(expected, `${got} and the end`) : fail(expected, got);
  return /\s/.test(line.replace(STRINGS, '""')) ? nonStrict(expected, got) : ok();
}
