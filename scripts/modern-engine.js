// A newer container engine beside this machine's own, started by the program that MODERN_ENGINE_RUNNER names:
//
//   RUNNER up docker|podman    starts that engine unless it runs, and returns when it answers
//   RUNNER env                 succeeds where one runs
//   RUNNER run COMMAND…        runs a command where the engine that was started last is the machine's own
//   RUNNER down                stops all that were started
import { spawn, spawnSync } from 'node:child_process';

export const runner = process.env.MODERN_ENGINE_RUNNER || undefined;

/** The first start may have to fetch a system to run the engine in. */
const START_TIMEOUT_MS = 300_000;

/** Returns whether an engine runs already, which is not ours to stop. */
export function modernEngineRuns() {
  return spawnSync(runner, ['env'], { stdio: 'ignore' }).status === 0;
}

/**
 * Starts an engine while the caller does other things.
 * @param kind `docker` or `podman`
 * @returns a promise of the reason why it does not answer, or of undefined
 */
export function startModernEngine(kind) {
  // In a process group of its own, so that what it started to fetch a system can be ended with it.
  const child = spawn(runner, ['up', kind], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      process.kill(-child.pid);
      resolve(`${kind} does not answer within ${START_TIMEOUT_MS / 60_000} min`);
    }, START_TIMEOUT_MS);
    const end = (failure) => {
      clearTimeout(timer);
      child.stderr.destroy();
      resolve(failure);
    };
    child.once('error', (error) => end(error.message));
    // Not `close`: the engine may keep the pipe open.
    child.once('exit', (status) => end(status === 0 ? undefined : output.trim() || `status ${status}`));
  });
}

/** The words before a command that runs it on the modern engine. */
export const onModernEngine = [runner, 'run'];

export function stopModernEngines() {
  spawnSync(runner, ['down'], { stdio: 'inherit' });
}
