import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContainerLogLine, LogDemuxer, MAX_LINE_BYTES } from '../../../src/engine/streams/log-demuxer.ts';

const TIME = '2026-01-01T00:00:00.000000001Z';

function frame(stream: 'stdout' | 'stderr', text: string | Buffer, time = TIME): Buffer {
  const body = Buffer.concat([Buffer.from(`${time} `), Buffer.from(text as string)]);
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

type ReadLine = Omit<ContainerLogLine, 'timeMs'>;

function read(...chunks: Buffer[]): ReadLine[] {
  const demuxer = new LogDemuxer();
  const lines = [...chunks.flatMap((chunk) => demuxer.push(chunk)), ...demuxer.end()];
  return lines.map(({ timeMs: _, ...line }) => line);
}

const SAMPLE = Buffer.concat([
  frame('stdout', 'first\n'),
  frame('stderr', 'trouble: héé 💥\n'),
  frame('stdout', '\n'),
  frame('stdout', 'a long li'),
  frame('stderr', 'in between\n'),
  frame('stdout', 'ne\n', '2026-01-01T00:00:09.000000000Z'),
  frame('stdout', 'unfinished'),
]);
const EXPECTED: ReadLine[] = [
  { stream: 'stdout', time: TIME, text: 'first' },
  { stream: 'stderr', time: TIME, text: 'trouble: héé 💥' },
  { stream: 'stdout', time: TIME, text: '' },
  { stream: 'stderr', time: TIME, text: 'in between' },
  { stream: 'stdout', time: TIME, text: 'a long line' },
  { stream: 'stdout', time: TIME, text: 'unfinished' },
];

describe('LogDemuxer', () => {
  it('splits frames, joins the pieces of a line under its first time, and returns an unfinished last line', () => {
    expect(read(SAMPLE)).toEqual(EXPECTED);
  });

  it('returns the same lines when the stream is split at any offset', () => {
    for (let cut = 0; cut <= SAMPLE.length; cut++)
      expect(read(SAMPLE.subarray(0, cut), SAMPLE.subarray(cut))).toEqual(EXPECTED);
  });

  it('returns the same lines byte by byte', () => {
    expect(read(...[...SAMPLE].map((byte) => Buffer.of(byte)))).toEqual(EXPECTED);
  });

  it('decodes a character that two frames share', () => {
    const bytes = Buffer.from('💥\n');
    expect(read(frame('stdout', bytes.subarray(0, 2)), frame('stdout', bytes.subarray(2)))).toEqual([
      { stream: 'stdout', time: TIME, text: '💥' },
    ]);
  });

  it('keeps nothing of the bytes that it was given', () => {
    const demuxer = new LogDemuxer();
    const bytes = Buffer.alloc(SAMPLE.length);
    const lines: ContainerLogLine[] = [];
    for (let at = 0; at < SAMPLE.length; at += 7) {
      const copied = SAMPLE.copy(bytes, 0, at, at + 7);
      lines.push(...demuxer.push(bytes.subarray(0, copied)));
      bytes.fill(0);
    }
    expect([...lines, ...demuxer.end()].map(({ text }) => text)).toEqual(EXPECTED.map(({ text }) => text));
  });

  it('parses the time of each line', () => {
    expect(new LogDemuxer().push(frame('stdout', 'a\n', '2026-01-01T00:00:01.500000000Z'))).toEqual([
      {
        stream: 'stdout',
        time: '2026-01-01T00:00:01.500000000Z',
        timeMs: Date.UTC(2026, 0, 1, 0, 0, 1, 500),
        text: 'a',
      },
    ]);
  });

  it.each(['é', '€', '💥', 'aé€💥'])('cuts a line that is too long between characters: %s', (character) => {
    const text = character.repeat((2.5 * MAX_LINE_BYTES) / Buffer.byteLength(character));
    const bytes = Buffer.from(`${text}\n`);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 16_384) pieces.push(frame('stdout', bytes.subarray(at, at + 16_384)));
    const lines = read(...pieces);
    expect(lines.map(({ continues }) => continues)).toEqual([true, true, undefined]);
    expect(lines.map((line) => line.text).join('')).toBe(text);
  });

  it('cuts a line that never ends', () => {
    const demuxer = new LogDemuxer();
    const piece = frame('stdout', 'x'.repeat(16_384));
    let lines = 0;
    for (let size = 0; size < 4 * MAX_LINE_BYTES; size += 16_384) lines += demuxer.push(piece).length;
    expect(lines).toBe(4);
  });

  it('loses no line and keeps their order, however the stream is split', () => {
    const line = fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      text: fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\n', '')),
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 20 }), (lines, cuts) => {
        const bytes = Buffer.concat(lines.map(({ stream, text }) => frame(stream, `${text}\n`)));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        expect(read(...chunks)).toEqual(lines.map(({ stream, text }) => ({ stream, time: TIME, text })));
      }),
    );
  });
});
