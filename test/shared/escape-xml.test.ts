import { expect, it } from 'vitest';
import { escapeXml } from '../../src/shared/escape-xml.ts';

it.each([
  ['what is reserved', `<a b="c" d='e'> & f`, '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt; &amp; f'],
  ['what cannot be said', 'bell \u0007, half a pair \ud83d', 'bell \ufffd, half a pair \ufffd'],
  ['all else', 'é, 🦆\tand\r\nwhite space', 'é, 🦆\tand\r\nwhite space'],
])('%s', (_, text, escaped) => expect(escapeXml(text)).toBe(escaped));
