import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageSplitter } from '../../../../src/agents/netem/proxy/message-splitter.ts';

/** Returns the segments of a text that comes in pieces of `size` bytes: messages in angle quotes, other bytes as they are. */
function split(text: string, size: number, hold = true): string {
  const splitter = new MessageSplitter();
  const bytes = Buffer.from(text);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(...splitter.push(bytes.subarray(at, at + size), hold));
  pieces.push(...splitter.end());
  const shown = pieces.map(({ bytes, isMessage: whole }) =>
    whole ? [Buffer.from('«'), bytes, Buffer.from('»')] : [bytes],
  );
  return Buffer.concat(shown.flat()).toString();
}

describe('MessageSplitter', () => {
  it.each([
    ['a line and a blank line', '{"a":1}\n\n{"b":2}\n\n', '«{"a":1}\n\n»«{"b":2}\n\n»'],
    ['a line', '{"a":1}\n{"b":2}\n', '«{"a":1}\n»«{"b":2}\n»'],
    ['CRLF', '{"a":1}\r\n\r\n{}', '«{"a":1}\r\n\r\n»«{}»'],
    ['nothing', '{"a":1}{"b":2}', '«{"a":1}»«{"b":2}»'],
    ['white space', ' \n{\n  "a": [1]\n}\n  {}', ' \n«{\n  "a": [1]\n}\n»  «{}»'],
    ['braces and ends in strings', '{"a":"}\\n\\n\\"{"}{}', '«{"a":"}\\n\\n\\"{"}»«{}»'],
    ['what is no JSON, to the end of its line', 'GET / {}\n{}\n', 'GET / {}\n«{}\n»'],
    ['a message that a blank line cuts off', '{"a":1\n\n{}\n', '{"a":1\n\n«{}\n»'],
    ['a message that never ends', '{"a":1', '{"a":1'],
  ])('cuts between messages with %s', (_, text, expected) => {
    expect(split(text, text.length)).toBe(expected);
  });

  it('loses and changes no byte, however the stream is cut, and holds nothing back unless asked to', () => {
    const part = fc.constantFrom(
      '{"message_type":"a"}',
      '{"p":"}\\"{é"}',
      '\n',
      '\n\n',
      '\r\n',
      ' ',
      '[1]',
      'x',
      '{',
      '"',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(part), fc.integer({ min: 1, max: 9 }), fc.boolean(), (parts, size, hold) => {
        const text = parts.join('');
        const splitter = new MessageSplitter();
        const bytes = Buffer.from(text);
        const out: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) {
          out.push(...splitter.push(bytes.subarray(at, at + size), hold).map((piece) => Buffer.from(piece.bytes)));
          if (!hold) expect(Buffer.concat(out).length).toBe(Math.min(bytes.length, at + size));
        }
        out.push(...splitter.end().map((piece) => Buffer.from(piece.bytes)));
        expect(Buffer.concat(out).toString()).toBe(text);
      }),
    );
  });

  it('finds the same messages byte by byte as in one chunk', () => {
    const text = '{"a":"é}"}{"b":{}}\t{"c":[]}';
    expect(split(text, 1)).toBe(split(text, text.length + 1));
  });

  it('passes on larger input than any message as other bytes', () => {
    const large = `{"a":"${'x'.repeat(1_100_000)}"}`;
    expect(split(`${large}{}`, 65_536) === `${large}«{}»`).toBe(true);
  });

  it('passes on the rest of a message whose beginning it passed on', () => {
    const splitter = new MessageSplitter();
    const show = (text: string, hold: boolean) =>
      splitter.push(Buffer.from(text), hold).map(({ bytes, isMessage: whole }) => [bytes.toString(), whole]);
    expect(show('{"a":', false)).toEqual([['{"a":', false]]);
    expect(show('1}{"b"', true)).toEqual([['1}', false]]);
    expect(show(':2}', true)).toEqual([['{"b":2}', true]]);
  });
});
