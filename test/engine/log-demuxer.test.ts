import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContainerLogLine, LogDemuxer } from '../../src/engine/log-demuxer.ts';

const TIME = '2026-01-01T00:00:00.000000001Z';

function frame(stream: 'stdout' | 'stderr', text: string | Buffer, time = TIME): Buffer {
  const body = Buffer.concat([Buffer.from(`${time} `), Buffer.from(text as string)]);
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

function read(...chunks: Buffer[]): ContainerLogLine[] {
  const demuxer = new LogDemuxer();
  return [...chunks.flatMap((chunk) => demuxer.push(chunk)), ...demuxer.end()];
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
const EXPECTED: ContainerLogLine[] = [
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

  it('cuts a line that never ends', () => {
    const demuxer = new LogDemuxer();
    const piece = frame('stdout', 'x'.repeat(16_384));
    let lines = 0;
    for (let i = 0; i < 64; i++) lines += demuxer.push(piece).length;
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
