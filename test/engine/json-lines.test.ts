import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readJsonLines } from '../../src/engine/json-lines.ts';

async function read(chunks: readonly Buffer[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readJsonLines(Readable.from(chunks, { objectMode: false }))) values.push(value);
  return values;
}

const TEXT = Buffer.from('{"a":"ä€😀"}\r\n\n{"b":[1]}\n{"last":true}');
const VALUES = [{ a: 'ä€😀' }, { b: [1] }, { last: true }];

it('parses each line, and a last one without a newline', async () => {
  expect(await read([TEXT])).toEqual(VALUES);
  expect(await read([])).toEqual([]);
});

it('parses the same values when the stream is split at any byte', async () => {
  for (let at = 1; at < TEXT.length; at++)
    expect(await read([TEXT.subarray(0, at), TEXT.subarray(at)])).toEqual(VALUES);
  expect(await read([...TEXT].map((byte) => Buffer.from([byte])))).toEqual(VALUES);
});

it('rejects on a line that is not JSON', async () => {
  await expect(read([Buffer.from('{"a":1}\nnot json\n')])).rejects.toThrow(SyntaxError);
});
