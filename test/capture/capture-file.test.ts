import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { startCaptureFile } from '../../src/capture/capture-file.ts';
import type { RunningNetwork } from '../../src/network/running-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('that cannot be written is named', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(startCaptureFile({} as RunningNetwork, join(file, 'net'), () => {})).rejects.toMatchObject({
    code: 'file_unwritable',
    message: `cannot write ${file}/net/capture.pcapng: a part of its path is a file`,
  });
});
