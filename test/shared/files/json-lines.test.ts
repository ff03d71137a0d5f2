import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { JsonLinesParser, readJsonLines } from '../../../src/shared/files/json-lines.ts';

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

async function read(chunks: readonly Buffer[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readJsonLines(Readable.from(chunks, { objectMode: false }))) values.push(value);
  return values;
}

it('reads each line of a stream, and a last one without a newline, split at any byte', async () => {
  const text = Buffer.from('{"a":"ä€😀"}\r\n\n{"b":[1]}\n{"last":true}');
  const values = [{ a: 'ä€😀' }, { b: [1] }, { last: true }];
  expect(await read([text])).toEqual(values);
  expect(await read([])).toEqual([]);
  for (let at = 1; at < text.length; at++)
    expect(await read([text.subarray(0, at), text.subarray(at)])).toEqual(values);
  expect(await read([...text].map((byte) => Buffer.from([byte])))).toEqual(values);
});

it('rejects on a line of a stream that is not JSON', async () => {
  await expect(read([Buffer.from('{"a":1}\nnot json\n')])).rejects.toThrow(SyntaxError);
});
