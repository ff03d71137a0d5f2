// Runs engine tests on a newer engine than this machine's own (see modern-engine.js):
//
//   npm run test:modern                      all of them, on Docker
//   npm run test:modern -- podman            on Podman
//   npm run test:modern -- docker test/…     these files
import { spawnSync } from 'node:child_process';
import { modernEngineRuns, onModernEngine, runner, startModernEngine, stopModernEngines } from './modern-engine.js';

const [kind = 'docker', ...args] = process.argv.slice(2);

function fail(what, hint) {
  console.error(`test-modern: ${what}\n  → ${hint}`);
  process.exit(1);
}

if (runner === undefined) {
  fail('no program is named that starts a modern engine', 'MODERN_ENGINE_RUNNER=PROGRAM npm run test:modern');
}
const isOurs = !modernEngineRuns();
const failure = startModernEngine(kind);
if (failure !== undefined) fail(failure, `run ${runner} up ${kind}`);
const [command, ...before] = [...onModernEngine, process.execPath, 'node_modules/vitest/vitest.mjs', 'run'];
const { status } = spawnSync(command, [...before, '--project=engine', '--project=alone', ...args], {
  stdio: 'inherit',
});
if (isOurs) stopModernEngines();
process.exitCode = status ?? 1;
