import { expect, it } from 'vitest';
import { escapeXml } from '../../src/shared/escape-xml.ts';

it.each([
  ['escapes reserved characters', `<a b="c" d='e'> & f`, '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt; &amp; f'],
  ['replaces characters that XML cannot express', 'bell \u0007, half a pair \ud83d', 'bell \ufffd, half a pair \ufffd'],
  ['keeps all else', 'é, 🦆\tand\r\nwhite space', 'é, 🦆\tand\r\nwhite space'],
])('%s', (_, text, escaped) => expect(escapeXml(text)).toBe(escaped));
