import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeTunnelFrame, type TunnelFrameKind, TunnelFrameReader } from '../../../src/agents/tunnel/tunnel-frame.ts';

describe('TunnelFrameReader', () => {
  it('returns every frame, however the stream is cut', () => {
    const frame = fc.record({
      connection: fc.nat(0xffffffff),
      kind: fc.constantFrom<TunnelFrameKind>('open', 'opened', 'data', 'close', 'end'),
      body: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
        const bytes = Buffer.concat(
          frames.map(({ connection, kind, body }) => encodeTunnelFrame(connection, kind, body)),
        );
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const reader = new TunnelFrameReader();
        const read = places.slice(1).flatMap((end, i) => reader.push(bytes.subarray(places[i], end)));
        expect(read.map(({ connection, kind, body }) => [connection, kind, body.toString('hex')])).toEqual(
          frames.map(({ connection, kind, body }) => [connection, kind, body.toString('hex')]),
        );
      }),
    );
  });

  it('refuses a stream without frames', () => {
    expect(() => new TunnelFrameReader().push(Buffer.from([0, 0, 0, 1, 9, 0, 0, 0, 0]))).toThrow(
      'unknown kind of tunnel frame',
    );
  });
});
