import { describe, expect, it } from 'vitest';
import { CaptureFrameReader, encodeCaptureFrame } from '../../../src/agents/capture/capture-frame.ts';

const stream = Buffer.concat([
  encodeCaptureFrame('ready'),
  encodeCaptureFrame('packets', Buffer.from('abc')),
  encodeCaptureFrame('end', Buffer.from('{"dropped":0}')),
]);

describe('frames of the capture agent', () => {
  it.each([1, 2, 5, 8, 9, stream.length])('come out as they went in, cut every %i bytes', (size) => {
    const reader = new CaptureFrameReader();
    const frames = [];
    for (let at = 0; at < stream.length; at += size) frames.push(...reader.push(stream.subarray(at, at + size)));
    expect(frames.map(({ kind, body }) => [kind, body.toString()])).toEqual([
      ['ready', ''],
      ['packets', 'abc'],
      ['end', '{"dropped":0}'],
    ]);
  });

  it('are told from other output', () => {
    expect(() => new CaptureFrameReader().push(Buffer.from('Error: no such module'))).toThrow('not a capture agent');
  });
});
