import { Buffer } from 'node:buffer';
import { afterAll, expect, test, vi } from 'vitest';
import { Decoder } from '../../src/protocol/index.ts';
import { WorkCounter } from '../support/work-counter.ts';

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

const lengthOf = (value: unknown): number => (value as { length?: number } | null | undefined)?.length ?? 0;
/** Everything that a function could read. */
const everything: Cost = (self, result, given) => [self, result, ...given].reduce((sum, one) => sum + lengthOf(one), 0);

/** Cost of built-in functions that read less than that, in bytes or characters. */
const COSTS = new Map<string, Cost>([
  ['allocUnsafeSlow', (_, result) => result.length],
  ['charCodeAt', () => 1],
  ['copy', (_, result) => result],
  ['exec', (_, found, [text]) => (found === null ? text.length : found.index + found[0].length)],
  ['indexOf', (self, found, [, from = 0]) => (found === -1 ? self.length : found + 1) - from],
  ['slice', (_, result) => result.length],
  ['subarray', () => 1],
]);

/** Every call of these is counted, perhaps twice where one calls another. */
const OWNERS: object[] = [
  Buffer,
  Buffer.prototype,
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  String.prototype,
  RegExp.prototype,
  JSON,
];

let went = 0;
// A function that is imported by name cannot be replaced on its module.
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

/** Runs a function and returns the cost of its calls of built-in functions. */
function builtIns(run: () => void): number {
  const restore: (() => void)[] = [];
  for (const owner of OWNERS) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      const original = property.value as unknown;
      if (typeof original !== 'function' || name === 'constructor' || !property.writable) continue;
      const cost = COSTS.get(name) ?? everything;
      const counted = function (this: unknown, ...given: unknown[]) {
        const result: unknown = Reflect.apply(original, this, given);
        went += cost(this, result, given);
        return result;
      };
      Object.defineProperty(owner, name, { ...property, value: counted });
      restore.push(() => Object.defineProperty(owner, name, property));
    }
  }
  went = 0;
  try {
    run();
    return went;
  } finally {
    for (const one of restore) one();
  }
}

const code = new WorkCounter('protocol');
afterAll(() => code.stop());

/** Returns the work to decode bytes that come in pieces: of the decoder's code, and of the built-in functions that it calls. */
function work(bytes: Buffer, piece: number) {
  code.take();
  const decoder = new Decoder();
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
  const inBuiltIns = builtIns(() => {
    for (const one of pieces) decoder.push(one);
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
    // A chunk is not read again for each message in it.
    const most = Math.min(4 * times * less.inBuiltIns, 40 * many.length);
    expect(more.inBuiltIns, `built-in functions, in pieces of ${piece}`).toBeLessThanOrEqual(most);
  }
});
