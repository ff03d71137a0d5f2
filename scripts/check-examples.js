// Packs this package and runs every suite under examples/ with it, outside this checkout and with test runners from the
// registry. Arguments choose suites by name. The last line counts tests: `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const examples = join(root, 'examples');
const chosen = process.argv.slice(2);
const suites = readdirSync(examples)
  .filter((name) => existsSync(join(examples, name, 'package.json')))
  .filter((name) => chosen.length === 0 || chosen.includes(name));
const folder = mkdtempSync(join(tmpdir(), 'devnet-examples-'));
const counts = { passed: 0, failed: 0 };

/** Runs a program to its end. Returns whether it succeeded, and its output. */
function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    // A test runner that knows it is run by another one reports to that one.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, VITEST: undefined, NODE_OPTIONS: undefined, FORCE_COLOR: '0' },
  });
  return { succeeded: status === 0, output: stripVTControlCharacters(`${stdout}${stderr}`) };
}

/** Copies the suites into an empty folder as workspaces, and installs them with the packed package. */
function install(tarball) {
  for (const name of suites) {
    const project = join(folder, name);
    cpSync(join(examples, name), project, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
    manifest.devDependencies.devnet = `file:${tarball}`;
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, workspaces: suites }));
  const installed = run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  if (!installed.succeeded) throw new Error(`npm install failed:\n${installed.output}`);
}

/** Runs a suite. Returns how many of its tests passed: 0 where it failed, or where its runner found no tests. */
function check(name) {
  const { succeeded, output } = run('npm', ['test', '--silent'], join(folder, name));
  // Each runner words the count differently.
  const passed = /^(?: *Tests +|# pass |ℹ pass | *)(\d+)(?: passed| passing|$)/m.exec(output)?.[1] ?? 0;
  return { passed: succeeded ? Number(passed) : 0, output };
}

try {
  // `npm ci` and the tests have built the programs.
  const packed = run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], root);
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'));
  if (!packed.succeeded || tarball === undefined) throw new Error(`npm pack failed:\n${packed.output}`);
  if (suites.length === 0) throw new Error(`no such suite: ${chosen.join(', ')}`);
  install(join(folder, tarball));
  for (const name of suites) {
    const { passed, output } = check(name);
    console.log(`== examples/${name}\n${output.trim()}\n`);
    counts.passed += passed;
    if (passed === 0) counts.failed++;
  }
} catch (cause) {
  console.error(cause.message);
  counts.failed++;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
