import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSuite } from '../../src/spec/runner/run-suite.ts';
import { root } from '../support/paths.ts';
import { type Program, startProgram } from './start-program.ts';

const directory = mkdtempSync(join(tmpdir(), 'devnet-spec-'));
let node: Program;

beforeAll(async () => {
  const outfile = join(directory, 'node.cjs');
  const entry = join(root, 'src', 'node', 'main.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
  node = await startProgram(process.execPath, [outfile], {
    DEVNET_LOG_LEVEL: 'error',
    DEVNET_PING_INTERVAL_MS: '1000',
    DEVNET_DEAD_AFTER_MS: '3000',
  });
});

afterAll(() => {
  node?.stop();
  rmSync(directory, { recursive: true });
});

describe('the bundled node', () => {
  test('passes every case within a minute, and again in a second run', { timeout: 120_000 }, async () => {
    const target = { host: '127.0.0.1', port: node.port };
    const first = await runSuite(target, { deadAfter: 3_000 });
    expect(first.results.filter(({ verdict }) => verdict !== 'OK')).toEqual([]);
    expect(first.duration).toBeLessThan(60_000);
    // What the node remembers of one run must not affect the next.
    const { results } = await runSuite(target, { selectors: ['1', '2', '3', '4', '5'] });
    expect(results.filter(({ verdict }) => verdict !== 'OK')).toEqual([]);
  });
});
