import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { spawnSync } from '../support/run-sync.ts';

/** Milliseconds. */
const TIMEOUT_MS = 600_000;

it('the packed package passes every suite under examples/, each with its test runner from the registry', {
  timeout: TIMEOUT_MS,
}, () => {
  const script = join(root, 'scripts', 'check-examples.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: TIMEOUT_MS });
  expect(`${stdout}${stderr}`).toMatch(/^[1-9]\d* passed, 0 failed$/m);
  expect(status).toBe(0);
});
