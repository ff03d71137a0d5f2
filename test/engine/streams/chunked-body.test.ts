import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkedBody } from '../../../src/engine/streams/chunked-body.ts';

function read(...pieces: Buffer[]): { text: string; isEnded: boolean } {
  const body = new ChunkedBody();
  let text = '';
  for (const piece of pieces) {
    body.push(piece, (bytes) => {
      text += bytes.toString('latin1');
    });
  }
  return { text, isEnded: body.isEnded };
}

describe('ChunkedBody', () => {
  it.each([
    ['3\r\nabc\r\n', 'abc', false],
    ['3\r\nabc\r\nA;name=value\r\n0123\r\n6789\r\n0\r\n\r\n', 'abc0123\r\n6789', true],
    ['0\r\nTrailer: x\r\n\r\n', '', true],
    ['', '', false],
  ])('reads %j', (bytes, text, isEnded) => {
    expect(read(Buffer.from(bytes))).toEqual({ text, isEnded });
  });

  it('throws on what is not in chunks', () => {
    expect(() => read(Buffer.from('hello\r\n'))).toThrow('"hello" for the size of a chunk');
  });

  it('reads the same, however the body is split', () => {
    const chunks = fc.array(fc.string({ minLength: 1, maxLength: 300, unit: 'binary-ascii' }), { maxLength: 10 });
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(), { maxLength: 20 }), (texts, cuts) => {
        const encoded = texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('');
        const bytes = Buffer.from(`${encoded}0\r\n\r\n`, 'latin1');
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const pieces = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        expect(read(...pieces)).toEqual({ text: texts.join(''), isEnded: true });
      }),
    );
  });
});
