// A newer container engine beside this machine's own, started by the program that MODERN_ENGINE_RUNNER names:
//
//   RUNNER up docker|podman    starts that engine unless it runs, and returns when it answers
//   RUNNER env                 succeeds where one runs
//   RUNNER run COMMAND…        runs a command where the engine that was started last is the machine's own
//   RUNNER down                stops all that were started
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const runner = process.env.MODERN_ENGINE_RUNNER || undefined;

/** The first start may have to fetch a system to run the engine in. */
const START_TIMEOUT_S = 300;
/** Exit status of `timeout`. */
const TIMED_OUT = 124;

/** Returns whether an engine runs already, which is not ours to stop. */
export function modernEngineRuns() {
  return spawnSync(runner, ['env'], { stdio: 'ignore' }).status === 0;
}

/**
 * Starts an engine unless it runs, and waits until it answers.
 * @param kind `docker` or `podman`
 * @returns the reason why it does not answer; undefined when it does
 */
export function startModernEngine(kind) {
  // Not a pipe: the engine would keep it open.
  const log = join(mkdtempSync(join(tmpdir(), 'devnet-modern-')), 'log');
  const file = openSync(log, 'w');
  const { status, error } = spawnSync('timeout', [`${START_TIMEOUT_S}`, runner, 'up', kind], {
    stdio: ['ignore', file, file],
  });
  closeSync(file);
  const output = readFileSync(log, 'utf8').trim();
  rmSync(dirname(log), { recursive: true });
  if (error) return error.message;
  if (status === TIMED_OUT) return `${kind} does not answer within ${START_TIMEOUT_S / 60} min`;
  return status === 0 ? undefined : output || `status ${status}`;
}

/** The words before a command that runs it on the modern engine. */
export const onModernEngine = [runner, 'run'];

export function stopModernEngines() {
  spawnSync(runner, ['down'], { stdio: 'inherit' });
}
