import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { fuzzNode } from '../../scripts/fuzz/fuzz-node.ts';
import { createSeededRandom, MessageMutator } from '../../scripts/fuzz/message-mutator.ts';

const directory = mkdtempSync(join(tmpdir(), 'devnet-fuzz-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a node survives 50,000 mutated messages', async () => {
  const program = join(directory, 'node.cjs');
  await build({
    entryPoints: ['src/node/main.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
  const seed = randomInt(1_000_000_000);
  const { sent, failures } = await fuzzNode({ program, messageCount: 50_000, seed });
  expect(failures, `npm run fuzz -- --count 50000 --seed ${seed}`).toEqual([]);
  expect(sent).toBe(50_000);
}, 60_000);

test('a node that crashes is reported', async () => {
  const program = join(directory, 'broken.cjs');
  const contents = `
    const server = require('net').createServer((socket) => socket.on('data', (chunk) => {
      if (chunk.includes('get_status')) socket.write('{"message_type":"status","payload":{"memory":{"rss":1}}}\\n\\n');
      if (chunk.includes('HTTP')) process.exit(3);
    }));
    server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ event: 'listening', port: server.address().port })));`;
  await build({ stdin: { contents }, outfile: program, platform: 'node' });
  const { failures } = await fuzzNode({ program, messageCount: 10_000, seed: 1 });
  expect(failures).toContain('the node ended with exit code 3');
}, 60_000);

test('a seed gives the same messages', () => {
  const bytes = (seed: number) => {
    const mutator = new MessageMutator(createSeededRandom(seed), 1);
    return Buffer.concat(Array.from({ length: 200 }, () => mutator.next())).toString('latin1');
  };
  expect(bytes(7)).toBe(bytes(7));
  expect(bytes(7)).not.toBe(bytes(8));
});
