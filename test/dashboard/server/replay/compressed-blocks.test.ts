import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { CompressedBlocks } from '../../../../src/dashboard/server/replay/compressed-blocks.ts';

it('lines are in several blocks of whole lines, in their order', async () => {
  const blocks = new CompressedBlocks(1);
  const lines = Array.from({ length: 100 }, (_, index) => `${index} ${'ö'.repeat(100_000)}`);
  for (const line of lines) await blocks.add(Buffer.from(line));
  const compressed = await blocks.end();
  expect(compressed.length).toBeGreaterThan(2);
  const texts = compressed.map((block) => gunzipSync(Buffer.from(block, 'base64')).toString());
  expect(texts.every((text) => text.endsWith('\n'))).toBe(true);
  expect(texts.join('') === `${lines.join('\n')}\n`).toBe(true);
});

it('without lines there is no block', async () => {
  expect(await new CompressedBlocks(1).end()).toEqual([]);
});
