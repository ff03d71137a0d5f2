import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToolRunner } from '../../../../src/agents/netem/kernel/run-tool.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tools-'));
});
afterEach(() => rm(folder, { recursive: true }));

const writeTool = (script: string) => writeFile(join(folder, 'nft'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

it('a tool that blocks is killed, and named with the time that it had', async () => {
  await writeTool('exec sleep 300');
  await expect(createToolRunner(folder, 200)('nft', ['-f', '-'])).rejects.toThrow('nft -f - did not end within 0.2 s');
});

it('a tool that fails is named with what it says', async () => {
  await writeTool('echo "no such table" >&2; exit 3');
  await expect(createToolRunner(folder)('nft', ['-f', '-'])).rejects.toThrow('nft -f - failed with 3: no such table');
});
