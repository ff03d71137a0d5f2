// The whole test: formatting and lint, types, then every test file. Ends with one line that counts them all:
// `N passed, N failed`, after a line that says how many were skipped, where tests could not run here.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'devnet-test-'));
const results = join(folder, 'vitest.json');
const counts = { passed: 0, failed: 0, skipped: 0 };

/** Runs one of the package's own tools. */
function run(label, tool, args) {
  console.log(`\n== ${label}`);
  const { status } = spawnSync(join(root, 'node_modules', '.bin', tool), args, { cwd: root, stdio: 'inherit' });
  return status === 0;
}

for (const [label, tool, args] of [
  ['format and lint', 'biome', ['check', '.']],
  ['types', 'tsc', ['--noEmit']],
]) {
  if (run(label, tool, args)) counts.passed++;
  else counts.failed++;
}

const passed = run('tests', 'vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile=${results}`,
  ...process.argv.slice(2),
]);
try {
  const report = JSON.parse(readFileSync(results, 'utf8'));
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests;
  counts.skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded, or an error between tests, fails the run without failing any test.
  if (!passed && report.numFailedTests === 0) counts.failed++;
} catch (cause) {
  console.error(`vitest left no readable results: ${cause.message}`);
  counts.failed++;
}
rmSync(folder, { recursive: true, force: true });

console.log(
  `\n${counts.skipped > 0 ? `${counts.skipped} skipped: they need what is not here\n` : ''}${counts.passed} passed, ${counts.failed} failed`,
);
process.exitCode = counts.failed === 0 ? 0 : 1;
