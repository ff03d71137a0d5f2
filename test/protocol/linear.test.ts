import { Buffer } from 'node:buffer';
import { afterAll, expect, test, vi } from 'vitest';
import { Decoder } from '../../src/protocol/index.ts';
import { WorkCounter } from '../support/work.ts';

const SMALL = 65_536;
const LARGE = 1_048_576;

const fill = (unit: string) => (size: number) => unit.repeat(Math.floor(size / Buffer.byteLength(unit)));
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

// biome-ignore lint/suspicious/noExplicitAny: as different as what is called.
type Cost = (self: any, result: any, given: any[]) => number;

/** How far the built-in functions that the decoder calls go: in bytes, or characters. One that it comes to call belongs here. */
const COSTS: [object, string, Cost][] = [
  [Buffer, 'concat', (_, result) => result.length],
  [Buffer, 'allocUnsafeSlow', (_, result) => result.length],
  [Buffer.prototype, 'copy', (_, result) => result],
  [Buffer.prototype, 'toString', (self) => self.length],
  [Buffer.prototype, 'indexOf', (self, found, [, from = 0]) => (found === -1 ? self.length : found + 1) - from],
  [String.prototype, 'slice', (_, result) => result.length],
  [RegExp.prototype, 'exec', (_, found, [text]) => (found === null ? text.length : found.index + found[0].length)],
  [JSON, 'parse', (_, __, [text]) => text.length],
];

let went = 0;
// What is imported by name cannot be replaced on its module.
vi.mock('node:buffer', async (original) => {
  const module = await original<typeof import('node:buffer')>();
  return {
    ...module,
    isUtf8: (bytes: Buffer) => {
      went += bytes.length;
      return module.isUtf8(bytes);
    },
  };
});

/** Runs something, and gives how far the built-in functions of COSTS went for it. */
function builtIns(run: () => void): number {
  const originals = COSTS.map(([owner, name]) => (owner as Record<string, (...given: unknown[]) => unknown>)[name]!);
  went = 0;
  for (const [index, [owner, name, cost]] of COSTS.entries()) {
    const counted = function (this: unknown, ...given: unknown[]) {
      const result = originals[index]!.apply(this, given);
      went += cost(this, result, given);
      return result;
    };
    Object.assign(owner, { [name]: counted });
  }
  try {
    run();
    return went;
  } finally {
    for (const [index, [owner, name]] of COSTS.entries()) Object.assign(owner, { [name]: originals[index] });
  }
}

const code = new WorkCounter('protocol');
afterAll(() => code.stop());

/** The work to decode bytes that come in pieces: of the decoder's code, and of the built-in functions that it calls. */
function work(bytes: Buffer, piece: number) {
  code.take();
  const decoder = new Decoder();
  const inBuiltIns = builtIns(() => {
    for (let at = 0; at < bytes.length; at += piece) decoder.push(bytes.subarray(at, at + piece));
    decoder.end();
  });
  return { inCode: code.take(), inBuiltIns };
}

// Quadratic work for 16 times as many bytes would be 256 times as much. Code runs just as often for each byte; a buffer
// that doubles copies some bytes more often than others.
test.each(shapes)('the work is linear in the bytes: %s', (_, make) => {
  const [few, many] = [Buffer.from(make(SMALL)), Buffer.from(make(LARGE))];
  for (const piece of PIECES) {
    const [less, more] = [work(few, piece), work(many, piece)];
    const times = many.length / few.length;
    expect(less.inCode).toBeGreaterThan(0);
    expect(more.inCode / less.inCode, `code, in pieces of ${piece}`).toBeLessThan(1.1 * times);
    // Nor do they go through a chunk again for each message in it.
    const most = Math.min(4 * times * less.inBuiltIns, 40 * many.length);
    expect(more.inBuiltIns, `built-in functions, in pieces of ${piece}`).toBeLessThanOrEqual(most);
  }
});
