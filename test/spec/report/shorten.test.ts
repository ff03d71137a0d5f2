import { expect, test } from 'vitest';
import { formatShortTranscript, shorten } from '../../../src/spec/report/shorten.ts';

const addresses = Array.from({ length: 200 }, (_, index) => `127.0.0.1:${3000 + index}`);

test.each([
  ['short text as it is', 'the answer to {"message_type":"ping"}', 'the answer to {"message_type":"ping"}'],
  ['a short list', '["a:1","b:2"]', '["a:1","b:2"]'],
  [
    'a long list of addresses',
    `${JSON.stringify(addresses)} for "x"`,
    '["127.0.0.1:3000","127.0.0.1:3001","127.0.0.1:3002","127.0.0.1:3003", … 196 more] for "x"',
  ],
  ['a run of one character', `"${'x'.repeat(65_536)}"`, '"xxx… (65536 times)"'],
  ['a run of an escaped byte', `${'\\x00'.repeat(100)}a`, '\\x00\\x00\\x00… (100 times)a'],
  ['a run of an escaped newline', '\\n'.repeat(30), '\\n\\n\\n… (30 times)'],
])('shortens %s', (_, text, short) => {
  expect(shorten(text)).toBe(short);
});

test('leaves out the middle of other long text', () => {
  const text = Array.from({ length: 300 }, (_, index) => index).join(' ');
  const short = shorten(text);
  expect(short).toMatch(/^0 1 2 .* … 849 more characters … .* 299$/);
  expect(short.length).toBeLessThan(300);
});

test('leaves out the middle of a long transcript', () => {
  const entries = Array.from({ length: 40 }, (_, at) => ({
    at,
    on: 'conn 1',
    kind: 'event' as const,
    text: 'x',
    bytes: 0,
  }));
  const lines = formatShortTranscript(entries);
  expect(lines).toHaveLength(15);
  expect(lines[7]).toContain('(26 more)');
});
