#!/usr/bin/env node
// Loads nothing but this before the check: loading the packages fails with a stack where this process may open too few files.
import type { DevnetError } from '../shared/errors.ts';
import { assertOpenFiles, requiredOpenFiles } from '../shared/files/open-files.ts';

const FAILED_STATUS = 1;

try {
  assertOpenFiles('this command', requiredOpenFiles(0));
} catch (cause) {
  const { message, hint } = cause as DevnetError;
  process.stderr.write(`devnet: ${message}\n  → ${hint}\n`);
  process.exit(FAILED_STATUS);
}
await import('./run-cli.ts');
