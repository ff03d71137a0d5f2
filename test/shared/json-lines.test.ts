import { expect, it } from 'vitest';
import { JsonLinesParser } from '../../src/shared/json-lines.ts';

function parse(chunks: readonly Buffer[]): unknown[] {
  const parser = new JsonLinesParser<unknown>();
  return [...chunks.flatMap((chunk) => [...parser.push(chunk)]), ...parser.end()];
}

it.each([
  ['characters of several bytes', '{"a":"ä€😀"}\n{"b":"é"}\n', [{ a: 'ä€😀' }, { b: 'é' }]],
  ['blank lines and carriage returns', '{"a":1}\r\n\n \n[2]\n', [{ a: 1 }, [2]]],
  ['a last line without a newline', '{"a":1}\n{"last":"€"}', [{ a: 1 }, { last: '€' }]],
  ['nothing', '', []],
])('parses %s, split at any byte', (_, text, values) => {
  const bytes = Buffer.from(text);
  for (let at = 0; at <= bytes.length; at++) expect(parse([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(values);
  expect(parse([...bytes].map((byte) => Buffer.from([byte])))).toEqual(values);
});

it('returns the values before a line that is not JSON, then throws', () => {
  const values = new JsonLinesParser<unknown>().push(Buffer.from('1\nnot json\n3\n'))[Symbol.iterator]();
  expect(values.next().value).toBe(1);
  expect(() => values.next()).toThrow(SyntaxError);
});
