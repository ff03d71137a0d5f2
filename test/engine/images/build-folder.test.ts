import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/connection/engine.ts';
import { buildFolder } from '../../../src/engine/images/build-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'devnet-build-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('asks for no base while one is no reference, and names its line', async () => {
  let asked = 0;
  const engine = {
    get docker(): never {
      asked++;
      throw new Error('no engine');
    },
  } as unknown as Engine;
  writeFileSync(join(folder, 'Dockerfile'), 'FROM debian:bookworm-slim AS tools\n\nFROM https://hub.example/node\n');
  await expect(buildFolder(engine, folder, { tag: 'mine' })).rejects.toMatchObject({
    code: 'usage',
    message: 'expected the name of an image for FROM in line 3 of the Dockerfile, got "https://hub.example/node"',
    hint: 'did you mean "hub.example/node"?',
  });
  expect(asked).toBe(0);
});
