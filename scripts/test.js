// Runs all checks: formatting and lint, types, then every test file. The last line counts them, `N passed, N failed`, after a
// line with the number of skipped tests, if any. NETEM_RUNNER may name a program that runs a command under another kernel: the
// tests that need sch_netem then run there if this kernel lacks it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'devnet-test-'));
const results = join(folder, 'vitest.json');
const counts = { passed: 0, failed: 0, skipped: 0 };

/** Runs one of the installed tools. Returns whether it succeeded. */
function run(label, tool, args) {
  console.log(`\n== ${label}`);
  const { status } = spawnSync(join(root, 'node_modules', '.bin', tool), args, { cwd: root, stdio: 'inherit' });
  return status === 0;
}

for (const [label, tool, args] of [
  ['format and lint', 'biome', ['check', '.']],
  ['types', 'tsc', ['--noEmit']],
  ['imports', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'src']],
  ['documentation of the library', 'typedoc', ['--emit', 'none']],
]) {
  if (run(label, tool, args)) counts.passed++;
  else counts.failed++;
}

/** Adds the counts of vitest's JSON report. */
function count(text, passed) {
  const report = JSON.parse(text);
  counts.passed += report.numPassedTests;
  counts.failed += report.numFailedTests;
  counts.skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded, or an error between tests, fails the run but no test.
  if (!passed && report.numFailedTests === 0) counts.failed++;
}

/** Returns whether this kernel can delay packets, tested in a new network namespace. */
function kernelHasNetem() {
  const attempt = 'ip link add t0 type veth peer name t1 && tc qdisc add dev t0 root netem delay 1ms';
  return spawnSync('unshare', ['-n', 'sh', '-c', attempt]).status === 0;
}

const runner = process.env.NETEM_RUNNER;
const elsewhere = runner !== undefined && process.argv.length === 2 && !kernelHasNetem();
const passed = run('tests', 'vitest', [
  'run',
  ...(elsewhere ? ['--project=!netem'] : []),
  '--reporter=default',
  '--reporter=json',
  `--outputFile=${results}`,
  ...process.argv.slice(2),
]);
try {
  count(readFileSync(results, 'utf8'), passed);
} catch (cause) {
  console.error(`vitest left no readable results: ${cause.message}`);
  counts.failed++;
}
if (elsewhere) {
  console.log(`\n== tests under a kernel with sch_netem, by ${runner}`);
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const { status, stdout } = spawnSync(
    runner,
    [process.execPath, vitest, 'run', '--project=netem', '--reporter=verbose', '--reporter=json'],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 },
  );
  // The report is the last line of output: files written under that kernel cannot be read here.
  const lines = (stdout ?? '').trimEnd().split('\n');
  const report = lines.findLast((line) => line.startsWith('{'));
  console.log(lines.filter((line) => line !== report).join('\n'));
  if (report !== undefined) count(report, status === 0);
  else {
    // Tests report even where they fail, so that kernel did not start.
    console.error(`the tests did not run: ${runner} ended with status ${status}`);
    counts.skipped++;
  }
}
rmSync(folder, { recursive: true, force: true });

console.log(
  `\n${counts.skipped > 0 ? `${counts.skipped} skipped: this machine lacks what they need\n` : ''}${counts.passed} passed, ${counts.failed} failed`,
);
process.exitCode = counts.failed === 0 ? 0 : 1;
