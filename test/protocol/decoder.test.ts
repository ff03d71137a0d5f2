import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DecodeResult, Decoder, encode } from '../../src/protocol/index.ts';

const PING = '{"message_type":"ping"}';

/** Summarizes results: the type of each message, the code of each error (with `!` when fatal). */
function summary(decoded: DecodeResult[]): string[] {
  return decoded.map((one) => one.message?.message_type ?? `${one.error?.code}${one.fatal ? '!' : ''}`);
}

/** Decodes a whole stream, fed in the pieces that `cut` returns. */
function decode(
  bytes: Buffer,
  cut: (bytes: Buffer) => Buffer[] = (whole) => [whole],
  decoder = new Decoder(),
): DecodeResult[] {
  return [...cut(bytes).flatMap((piece) => decoder.push(piece)), ...decoder.end()];
}

function everyByte(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

/** Valid spacing of messages. */
const spaced: [string, string, string[]][] = [
  ['a line and a blank line', `${PING}\n\n`, ['ping']],
  ['a single newline', `${PING}\n`, ['ping']],
  ['CRLF', `${PING}\r\n\r\n`, ['ping']],
  ['no delimiter', PING, ['ping']],
  ['pretty-printed', `${JSON.stringify({ message_type: 'ping', payload: [1, { a: 2 }] }, null, 2)}\n\n`, ['ping']],
  ['pretty-printed with CRLF', '{\r\n  "message_type": "ping"\r\n}\r\n', ['ping']],
  ['back to back', PING + PING, ['ping', 'ping']],
  ['two on a line', `${PING} ${PING}\n`, ['ping', 'ping']],
  ['blank lines in front', `\n\n\r\n \t\n${PING}\n\n`, ['ping']],
  ['a byte order mark', `\ufeff${PING}\n\n`, ['ping']],
  ['a byte order mark before a later message', `${PING}\n\n\ufeff${PING}`, ['ping', 'ping']],
  ['an escaped blank line in a string', '{"message_type":"a\\n\\nb"}\n\n', ['a\n\nb']],
  ['braces and quotes in strings', '{"message_type":"}{][\\"\\\\"}', ['}{]["\\']],
  ['a line feed and then space before the next line', '{\n \n"message_type":"ping"}', ['ping']],
  ['nothing', '', []],
  ['white space', ' \r\n\t\n', []],
];

/** Malformed input, and the messages after it. */
const broken: [string, string, string[]][] = [
  ['truncated, then a blank line', `{"message_type":"ping"\n\n${PING}\n\n`, ['invalid_json', 'ping']],
  ['truncated, then a CRLF blank line', `{"message_type":\r\n\r\n${PING}`, ['invalid_json', 'ping']],
  ['truncated in a string', `{"message_type":"pi\n\n${PING}\n\n`, ['invalid_json', 'ping']],
  ['truncated after a backslash', `{"message_type":"pi\\\n\n${PING}\n\n`, ['invalid_json', 'ping']],
  ['truncated in a string, next line good', `{"message_type":"pi\n${PING}\n`, ['invalid_json', 'ping']],
  ['a raw newline in a string', `{"message_type":"a\nb","payload":{}}\n\n${PING}`, ['invalid_json', 'ping']],
  ['a blank line inside', `{"message_type":\n\n"ping"}\n\n${PING}`, ['invalid_json', 'invalid_json', 'ping']],
  ['the stream ends inside', '{"message_type":"ping"', ['invalid_json']],
  ['the stream ends inside a string', '{"message_type":"pi', ['invalid_json']],
  ['a TLS hello', `\x16\x03\x01\x02\0\x01${PING}`, ['invalid_json']],
  ['a word that begins as JSON does', `no\n${PING}`, ['invalid_json', 'ping']],
  ['text', `hello\n${PING}\n`, ['invalid_json', 'ping']],
  ['text without an end', 'hello', ['invalid_json']],
  ['an HTTP request', `GET / HTTP/1.1\r\nHost: a\r\n\r\n${PING}`, ['invalid_json', 'ping']],
  ['a brace too many', `${PING}}\n\n${PING}`, ['ping', 'invalid_json', 'ping']],
  ['a comma between messages', `${PING},${PING}\n${PING}`, ['ping', 'invalid_json', 'ping']],
  ['a comment', '{"message_type":"ping" /* why */}', ['invalid_json']],
  ['a trailing comma', '{"message_type":"ping",}', ['invalid_json']],
  ['NaN', '{"message_type":"ping","payload":NaN}', ['invalid_json']],
  ['single quotes', "{'message_type':'ping'}", ['invalid_json']],
  ['a raw NUL in a string', '{"message_type":"pi\0ng"}', ['invalid_json']],
  ['a NUL between messages', `${PING}\0\n${PING}`, ['ping', 'invalid_json', 'ping']],
  ['half a byte order mark', '\xef\xbb{}', ['invalid_json']],
  ['mismatched brackets', `{"message_type":["ping"}}${PING}`, ['invalid_json', 'ping']],
  ['an array', `[${PING}]\n\n${PING}`, ['invalid_message', 'ping']],
  ['a pretty-printed array', `[\n${PING}\n]\n${PING}`, ['invalid_message', 'ping']],
  ['a number', `42\n${PING}`, ['invalid_message', 'ping']],
  ['a string', `"ping"\r\n\r\n${PING}`, ['invalid_message', 'ping']],
  ['null at the end of the stream', 'null', ['invalid_message']],
  ['no type', `{"payload":1}${PING}`, ['invalid_message', 'ping']],
  ['a type that is no string', '{"message_type":1}', ['invalid_message']],
  ['an empty type', '{"message_type":""}', ['invalid_message']],
  ['an inherited type', '{"__proto__":{"message_type":"ping"}}', ['invalid_message']],
  ['2^53 + 1', '{"message_type":"echo","payload":9007199254740993}', ['invalid_message']],
  ['1e999', '{"message_type":"echo","payload":[1e999]}', ['invalid_message']],
];

describe.each([
  ['valid spacing', spaced],
  ['malformed input', broken],
] as const)('%s', (_, table) => {
  test.each(table)('%s', (_name, text, expected) => {
    const bytes = text.startsWith('\xef') ? Buffer.from(text, 'latin1') : Buffer.from(text);
    expect(summary(decode(bytes))).toEqual(expected);
    expect(summary(decode(bytes, everyByte))).toEqual(expected);
  });
});

test.each([
  ['an overlong slash', [0xc0, 0xaf]],
  ['half a character', [0xe2, 0x82]],
  ['an encoded surrogate', [0xed, 0xa0, 0x80]],
  ['a stray continuation', [0x80]],
])('refuses invalid UTF-8: %s', (_, bytes) => {
  const text = Buffer.concat([
    Buffer.from('{"message_type":"'),
    Buffer.from(bytes),
    Buffer.from('"}'),
    Buffer.from(PING),
  ]);
  expect(summary(decode(text))).toEqual(['invalid_json', 'ping']);
  expect(summary(decode(text, everyByte))).toEqual(['invalid_json', 'ping']);
});

test('returns values as JSON.parse does', () => {
  const text = '{"message_type":"a","message_type":"b","payload":{"__proto__":1,"constructor":2,"s":"\\ud800","z":-0}}';
  const [decoded] = decode(Buffer.from(text));
  const payload = decoded?.message?.payload as { s: string; z: number };
  expect(decoded?.message?.message_type).toBe('b');
  expect(Object.keys(payload)).toEqual(['__proto__', 'constructor', 's', 'z']);
  expect(payload.s).toBe('\ud800');
  expect(payload.z).toBe(-0);
  expect(encode(decoded!.message!).toString()).toContain('{"__proto__":1,"constructor":2,"s":"\\ud800","z":0}');
  expect(({} as { a?: unknown }).a).toBeUndefined();
});

describe('limits', () => {
  const limits = { maxMessageBytes: 100, maxDepth: 4 };
  const decoder = () => new Decoder(limits);
  const sized = (bytes: number) => {
    const text = `{"message_type":"m","payload":""}`;
    return `${text.slice(0, -2)}${'x'.repeat(bytes - text.length)}"}`;
  };
  const nested = (levels: number) =>
    `{"message_type":"m","payload":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  const table: [string, string, string[]][] = [
    ['exactly the maximum', `${sized(100)}\n\n${sized(100)}`, ['m', 'm']],
    ['one byte more', `${sized(101)}\n\n${PING}`, ['too_large!']],
    ['more without an end', `{"message_type":"${'x'.repeat(200)}`, ['too_large!']],
    ['white space inside', `{${' '.repeat(200)}`, ['too_large!']],
    ['endless white space', ' '.repeat(200), ['too_large!']],
    ['white space as long as a message may be', ' '.repeat(100) + PING, ['ping']],
    ['more white space', ' '.repeat(101) + PING, ['too_large!']],
    ['a long line', '1'.repeat(200), ['too_large!']],
    ['a long line with an end', `${'1'.repeat(101)}\n`, ['too_large!']],
    ['endless text', 'x'.repeat(200), ['invalid_json', 'too_large!']],
    ['endless text after text', `x\n${'x\n'.repeat(100)}`, ['invalid_json', 'too_large!']],
    ['as deep as may be', nested(4) + PING, ['m', 'ping']],
    ['one deeper', nested(5) + PING, ['too_deep', 'ping']],
    ['deeper, never closed, then a blank line', `{"a":${'['.repeat(50)}\n\n${PING}`, ['too_deep', 'ping']],
    ['deeper, then a line ends in a string', `{"a":${'['.repeat(9)}"\n${PING}`, ['too_deep', 'ping']],
    ['deep array', `${'['.repeat(9)}${']'.repeat(9)}${PING}`, ['too_deep', 'ping']],
    ['deeper and longer than allowed', `{"a":${'['.repeat(100)}`, ['too_deep', 'too_large!']],
  ];
  test.each(table)('%s', (_, text, expected) => {
    const bytes = Buffer.from(text);
    expect(summary(decode(bytes, undefined, decoder()))).toEqual(expected);
    expect(summary(decode(bytes, everyByte, decoder()))).toEqual(expected);
  });

  test('reads nothing after too many bytes', () => {
    const dead = decoder();
    dead.push(Buffer.alloc(200, '1'));
    expect(dead.push(Buffer.from(`\n\n${PING}`))).toEqual([]);
    expect(dead.pendingBytes).toBe(0);
  });

  test('refuses input that cannot be JSON at its first byte', () => {
    const one = decoder();
    expect(summary(one.push(Buffer.from('G')))).toEqual(['invalid_json']);
    expect(one.pendingBytes).toBe(0);
    expect(summary(one.push(Buffer.from(`ET / HTTP/1.1\r\n\r\n${PING}`)))).toEqual(['ping']);
  });

  test('pendingBytes counts the bytes of an unfinished message, up to the limit', () => {
    const one = decoder();
    expect(one.pendingBytes).toBe(0);
    one.push(Buffer.from(`${PING}\n\n`));
    expect(one.pendingBytes).toBe(0);
    one.push(Buffer.from('\n {"a'));
    expect(one.pendingBytes).toBe(3);
    one.push(Buffer.from('":1'));
    expect(one.pendingBytes).toBe(6);
    one.push(Buffer.from('}'));
    expect(one.pendingBytes).toBe(0);
    for (let sent = 0; sent < 10_000; sent++) {
      one.push(Buffer.from('{'));
      expect(one.pendingBytes).toBeLessThanOrEqual(limits.maxMessageBytes);
    }
  });
});

describe('any input', () => {
  /** Cuts bytes at the given places. */
  const cutAt = (places: number[]) => (bytes: Buffer) => {
    const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
    return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  };
  const cuts = fc.array(fc.nat(10_000), { maxLength: 20 });
  // JSON text has only one zero: -0 is written as 0.
  const values = fc
    .jsonValue({ maxDepth: 20, noUnicodeString: false })
    .map((value) => JSON.parse(JSON.stringify(value)));

  test('decodes any JSON value, however its bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), values)), cuts, (sent, places) => {
        const messages = sent.map(([message_type, payload]) => ({ message_type, payload }));
        const decoded = decode(Buffer.concat(messages.map(encode)), cutAt(places));
        expect(decoded.map((one) => one.message)).toEqual(messages);
      }),
    );
  });

  test('decodes a message with any white space', () => {
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(0, 1, 2, '\t'),
        cuts,
        fc.constantFrom('', '\n', '\r\n', ' '),
        (payload, indent, places, after) => {
          const text = JSON.stringify({ message_type: 'a', payload }, null, indent) + after;
          expect(decode(Buffer.from(text), cutAt(places))).toEqual([{ message: { message_type: 'a', payload } }]);
        },
      ),
    );
  });

  /** Random bytes, biased towards those that the decoder distinguishes. */
  const anyBytes = fc
    .array(
      fc.oneof(
        fc
          .constantFrom('{', '}', '[', ']', '"', '\\', '\n', '\r', '\n\n', ' ', '\ufeff', 'é', PING, '1e999', 'null')
          .map(Buffer.from),
        fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 60 },
    )
    .map((pieces) => Buffer.concat(pieces));

  test('resynchronizes after a blank line', () => {
    fc.assert(
      fc.property(anyBytes, cuts, (bytes, places) => {
        const stream = Buffer.concat([bytes, Buffer.from('\n\n{"message_type":"last"}')]);
        expect(decode(stream, cutAt(places)).at(-1)).toEqual({ message: { message_type: 'last' } });
      }),
      { numRuns: 2_000 },
    );
  });

  test('gives the same results however the bytes are cut', () => {
    fc.assert(
      fc.property(anyBytes, cuts, (bytes, places) => {
        const limits = { maxMessageBytes: 40, maxDepth: 3 };
        const whole = decode(bytes, undefined, new Decoder(limits));
        expect(decode(bytes, cutAt(places), new Decoder(limits))).toEqual(whole);
        expect(decode(bytes, everyByte, new Decoder(limits))).toEqual(whole);
      }),
      { numRuns: 2_000 },
    );
  });

  test('next returns the same messages as push', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (first, second) => {
        const decoder = new Decoder();
        decoder.feed(first);
        const pulled = [decoder.next()];
        decoder.feed(second);
        for (let one = decoder.next(); one !== undefined; one = decoder.next()) pulled.push(one);
        const all = [...pulled.filter((one) => one !== undefined), ...decoder.end()];
        expect(all).toEqual(decode(Buffer.concat([first, second])));
      }),
    );
  });
});
