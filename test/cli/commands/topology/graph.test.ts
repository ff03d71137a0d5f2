import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { createProgram } from '../../../../src/cli/program.ts';
import { root } from '../../../support/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-graph-'));
const ring = join(root, 'devnet', 'ring.yaml');

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** Returns the standard output of the command. */
async function graph(...args: string[]): Promise<string> {
  let written = '';
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
  await createProgram().parseAsync(['graph', ...args], { from: 'user' });
  vi.restoreAllMocks();
  return written;
}

test('draws a file as SVG by default', async () => {
  expect(await graph(ring)).toMatch(/^<svg /);
  expect(await graph(ring, '--format', 'mermaid')).toContain('flowchart TD');
  expect(await graph(ring, '--format', 'dot')).toContain('digraph "ring"');
  expect(JSON.parse(await graph(ring, '--json'))).toMatchObject({ name: 'ring', parts: [{ shape: 'ring' }] });
});

test.each([
  ['a.svg', '<svg'],
  ['a.PNG', '\x89PNG'],
  ['a.mmd', '---\ntitle'],
  ['a.gv', 'digraph'],
  ['a.json', '{"name"'],
])('writes %s in the format of its extension', async (name, start) => {
  expect(await graph(ring, '-o', join(folder, name))).toBe('');
  expect(readFileSync(join(folder, name), 'latin1').startsWith(start)).toBe(true);
});

test.each([
  [['no-such.yaml'], { code: 'file_unreadable' }],
  [[ring, '-o', 'picture.bmp'], { code: 'usage', hint: expect.stringContaining('--format') }],
  [[ring, '-o', join(folder, 'none', 'a.svg')], { code: 'usage', message: expect.stringContaining('no such folder') }],
])('refuses %j', async (args, error) => {
  await expect(graph(...args)).rejects.toMatchObject(error);
});

test('refuses to write a PNG to a terminal', async () => {
  const { isTTY } = process.stdout;
  process.stdout.isTTY = true;
  try {
    await expect(graph(ring, '--format', 'png')).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('-o'),
    });
  } finally {
    process.stdout.isTTY = isTTY;
  }
});
