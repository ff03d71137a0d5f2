import { expect, test } from 'vitest';
import { Decoder } from '../../src/protocol/index.ts';

const SMALL = 65_536;
const LARGE = 1_048_576;
/** The sizes are 1 to 16. Quadratic work would be 1 to 256; what is linear stays far below this. */
const MOST = 64;

const fill = (unit: string) => (size: number) => unit.repeat(Math.floor(size / unit.length));
const inside = (unit: string) => (size: number) => `{"message_type":"${fill(unit)(size - 100)}"}`;
const shapes: [string, (size: number) => string][] = [
  ['one long string', inside('x')],
  ['escapes', inside('\\"')],
  ['beyond ASCII', inside('é')],
  ['one long array', (size) => `{"message_type":"a","payload":[${fill('1,')(size - 100)}1]}`],
  ['white space in a message', (size) => `{${fill(' \n ')(size - 100)}"message_type":"a"}`],
  ['many messages', fill('{"message_type":"a"}\n\n')],
  ['many messages without delimiters', fill('{"message_type":"a"}')],
  ['white space between messages', fill(' \t')],
  ['a message that is too deep', (size) => `{"a":${fill('[')(size - 100)}`],
  ['lines that are no JSON', fill('nonsense\n')],
  ['one line that is no JSON', fill('nonsense')],
  ['a number without end', fill('1')],
  ['messages cut by blank lines', fill('{"a":[\n\n')],
];
const PIECES = [1, 7, 1_000, 65_536];

/** Milliseconds to decode bytes that come in pieces. */
function time(bytes: Buffer, piece: number): number {
  const decoder = new Decoder();
  const began = performance.now();
  for (let at = 0; at < bytes.length; at += piece) decoder.push(bytes.subarray(at, at + piece));
  decoder.end();
  return performance.now() - began;
}

test.each(shapes)('the work is linear in the bytes: %s', (_, make) => {
  const [small, large] = [Buffer.from(make(SMALL)), Buffer.from(make(LARGE))];
  for (const piece of PIECES) {
    // A busy machine makes single runs long, never short: the shortest of some tell, and more are tried if need be.
    let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let attempt = 0; attempt < 10; attempt++) {
      least = Math.min(least, time(small, piece));
      most = Math.min(most, time(large, piece));
      if (attempt > 0 && most < MOST * least) break;
    }
    expect(most / least, `in pieces of ${piece}`).toBeLessThan(MOST);
  }
});
