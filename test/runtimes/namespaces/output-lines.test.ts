import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { type OutputLine, readOutput } from '../../../src/runtimes/namespaces/supervisor/nodes/output-lines.ts';

async function linesOf(...chunks: (string | Buffer)[]): Promise<OutputLine[]> {
  const stream = new PassThrough();
  const lines: OutputLine[] = [];
  readOutput(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await finished(stream);
  return lines;
}

it('are complete wherever a chunk ends, also in a character, and without a last newline', async () => {
  const [start, rest] = [Buffer.from('é').subarray(0, 1), Buffer.from('é').subarray(1)];
  expect(await linesOf('on', 'e\ntwo\n', start, rest)).toEqual([{ text: 'one' }, { text: 'two' }, { text: 'é' }]);
});

it('continue, each piece but the last, where a line is longer than 1 MiB', async () => {
  const piece = 'x'.repeat(600 * 1024);
  expect(await linesOf(piece, piece, piece, 'end\nnext\n')).toEqual([
    { text: piece + piece, continues: true },
    { text: `${piece}end` },
    { text: 'next' },
  ]);
});
