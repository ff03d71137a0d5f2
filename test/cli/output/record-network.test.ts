import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { beginRecording } from '../../../src/cli/output/record-network.ts';
import type { RunningNetwork } from '../../../src/network/running-network.ts';
import { createRecordingFolder } from '../../../src/recording/recording-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-record-'));
afterAll(() => rmSync(folder, { recursive: true }));

const network = {
  name: 'net',
  topology: { name: 'net' },
  addresses: new Map(),
  clockOffset: async () => ({ offsetMs: 0 }),
} as unknown as RunningNetwork;

it.each([
  ['its folder cannot be made', 'recordings', () => createRecordingFolder(folder), 'a file is in its place'],
  ['its first file cannot', 'gone/000001.jsonl', async () => join(folder, 'gone'), 'no such folder'],
])('a recording names what cannot be written where %s', async (_, path, createFolder, reason) => {
  writeFileSync(join(folder, 'recordings'), '');
  await expect(beginRecording(network, createFolder)).rejects.toMatchObject({
    code: 'file_unwritable',
    message: `cannot write ${join(folder, path)}: ${reason}`,
  });
});
