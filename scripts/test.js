// Runs all checks: formatting and lint, types, then every test file. The last line counts them, `N passed, N failed`, after what
// failed, by name and with its error, and a line with the number of skipped tests, if any. Without arguments, more things run,
// each where there is what it needs:
//
//   - the tests that need sch_netem, if this kernel lacks it, by the program that NETEM_RUNNER names, which runs a command under
//     another kernel
//   - the tests that depend on the engine, on a newer one, by the program that MODERN_ENGINE_RUNNER names (modern-engine.js)
//
// and where CI is set, as continuous integration does:
//
//   - slow tests of what a change seldom breaks (SLOW of vitest.config.ts)
//   - the unit tests on the other versions of Node that devnet supports, which npm gets (other-nodes.js)
//   - all tests that need an engine but the slow ones, on the newer one
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modernEngineRuns, onModernEngine, runner, startModernEngine, stopModernEngines } from './modern-engine.js';
import { findNode, otherVersions } from './other-nodes.js';

/** Tests of what engines do in ways of their own: a few minutes. With CI it is all engine tests but the slow ones. */
const ENGINE_DEPENDENT_TESTS = [
  'test/behaviour/closed-network',
  'test/behaviour/concurrent-faults', // Many processes create the same helper at once.
  'test/behaviour/control-through-tunnel',
  'test/behaviour/orphan-removal',
  'test/cli/commands/faults',
  'test/cli/commands/network',
  'test/controller/faults/faults.engine',
  'test/controller/inspect',
  'test/controller/lifecycle',
  'test/controller/logs',
  'test/controller/state',
  'test/engine',
  'test/runtimes/containers/contract',
];

/** Several times what the tests take, milliseconds: only a test that hangs, and cannot be ended by its own limit, takes longer. */
const TIMEOUT_MS = 45 * 60_000;

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const vitest = join('node_modules', 'vitest', 'vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'devnet-test-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
/** What failed, printed again at the end: the output above it is long. */
const failures = [];
const args = process.argv.slice(2);
const runsAll = args.length === 0;
const skipsSlow = runsAll && !process.env.CI;
if (skipsSlow) process.env.DEVNET_SKIP_SLOW = '1';
const usesModernEngine = runsAll && runner !== undefined;
const stopsModernEngine = usesModernEngine && !modernEngineRuns();

/** Runs one of the installed tools, and counts it as one test. */
function check(label, tool, args) {
  console.log(`\n== ${label}`);
  const { status } = spawnSync(join('node_modules', '.bin', tool), args, { stdio: 'inherit' });
  if (status === 0) counts.passed++;
  else fail(`${label}: ${tool} ended with status ${status}`);
}

function fail(what) {
  counts.failed++;
  failures.push(what);
}

/** Adds the counts of vitest's JSON report, and what failed. */
function count(label, text, passed) {
  const report = JSON.parse(text);
  const before = counts.failed;
  counts.passed += report.numPassedTests;
  counts.skipped += report.numPendingTests + report.numTodoTests;
  for (const { name, message, assertionResults } of report.testResults) {
    const file = relative('.', name);
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    for (const { fullName, failureMessages } of failed)
      fail(`${label}: ${file} > ${fullName}\n${failureMessages.join('\n')}`);
    // A file that cannot be loaded has no tests.
    if (failed.length === 0 && message !== '') fail(`${label}: ${file}\n${message}`);
  }
  if (!passed && counts.failed === before) fail(`${label}: vitest failed outside of any test; its error is above`);
}

/** Runs tests, and adds their counts. `command` runs Node. */
function test(label, [command, ...before], args) {
  console.log(`\n== ${label}`);
  const report = join(folder, 'vitest.json');
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`];
  const { status, error } = spawnSync(command, [...before, vitest, 'run', ...reporters, ...args], {
    stdio: 'inherit',
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  if (error) {
    fail(
      `${label}: ${error.code === 'ETIMEDOUT' ? `a file not named above hangs: killed after ${TIMEOUT_MS / 60_000} minutes` : error.message}`,
    );
    return;
  }
  try {
    count(label, readFileSync(report, 'utf8'), status === 0);
  } catch (cause) {
    fail(`${label}: vitest left no readable results: ${cause.message}`);
  }
}

function skip(reason) {
  console.error(`the tests did not run: ${reason}`);
  counts.skipped++;
}

/** Returns whether this kernel can delay packets, tested in a new network namespace. */
function kernelHasNetem() {
  const attempt = 'ip link add t0 type veth peer name t1 && tc qdisc add dev t0 root netem delay 1ms';
  return spawnSync('unshare', ['-n', 'sh', '-c', attempt]).status === 0;
}

/** Runs the tests that need sch_netem under another kernel. */
function testNetemElsewhere(netemRunner) {
  console.log(`\n== tests under a kernel with sch_netem, by ${netemRunner}`);
  const { status, stdout } = spawnSync(
    netemRunner,
    [process.execPath, vitest, 'run', '--project=netem', '--reporter=verbose', '--reporter=json'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 28 },
  );
  // The report is the last line of output: files written under that kernel cannot be read here.
  const lines = (stdout ?? '').trimEnd().split('\n');
  const report = lines.findLast((line) => line.startsWith('{'));
  console.log(lines.filter((line) => line !== report).join('\n'));
  // Tests report even where they fail, so without a report that kernel did not start.
  if (report !== undefined) count('tests under another kernel', report, status === 0);
  else skip(`${netemRunner} ended with status ${status}`);
}

check('format and lint', 'biome', ['check', '.']);
check('types', 'tsc', ['--noEmit']);
check('types of the page', 'tsc', ['--noEmit', '-p', 'src/dashboard/web']);
check('imports', 'depcruise', ['--config', '.dependency-cruiser.mjs', 'src']);
check('documentation of the library', 'typedoc', ['--emit', 'none']);

const netemRunner = runsAll && !kernelHasNetem() ? process.env.NETEM_RUNNER : undefined;
test('tests', [process.execPath], netemRunner === undefined ? args : ['--project=!netem']);
for (const version of runsAll && !skipsSlow ? otherVersions : []) {
  const node = findNode(version);
  if (node !== undefined) test(`unit tests on Node ${version}`, [node], ['--project=unit']);
  else skip(`npm cannot get Node ${version} for ${process.platform} on ${process.arch}`);
}
if (netemRunner !== undefined) testNetemElsewhere(netemRunner);
if (usesModernEngine) {
  const failure = startModernEngine('docker');
  const command = [...onModernEngine, process.execPath];
  if (failure !== undefined) skip(failure);
  else {
    // What is slow depends on other things than the engine, or starts engines of its own.
    process.env.DEVNET_SKIP_SLOW = '1';
    test(`tests on a modern engine, by ${runner}`, command, [
      '--project=engine',
      ...(skipsSlow ? ENGINE_DEPENDENT_TESTS : []),
    ]);
  }
  if (stopsModernEngine) stopModernEngines();
}
rmSync(folder, { recursive: true, force: true });

if (skipsSlow)
  console.log(
    '\nleft out: slow tests of packages, examples, swarms and random faults, and other versions of Node; CI=true npm test runs them too',
  );
if (failures.length > 0) console.log(`\n== failed\n${failures.join('\n\n')}`);
console.log(
  `\n${counts.skipped > 0 ? `${counts.skipped} skipped: this machine lacks what they need\n` : ''}${counts.passed} passed, ${counts.failed} failed`,
);
process.exitCode = counts.failed === 0 ? 0 : 1;
