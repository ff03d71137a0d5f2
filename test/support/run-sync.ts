import * as childProcess from 'node:child_process';

/** A test's own time limit cannot end a program that the test waits for without the event loop, milliseconds. */
const TIMEOUT_MS = 100_000;

type RunProgram = typeof childProcess.spawnSync | typeof childProcess.execFileSync;

function limit<Run extends RunProgram>(run: Run): Run {
  const limited = (program: string, args: readonly string[], options?: object) =>
    (run as (program: string, args: readonly string[], options: object) => unknown)(program, args, {
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      ...options,
    });
  return limited as Run;
}

/** `spawnSync` that kills the program after a time limit, {@link TIMEOUT_MS} unless the options have another. */
export const spawnSync = limit(childProcess.spawnSync);
/** `execFileSync` with the same limit: it throws where the program is killed. */
export const execFileSync = limit(childProcess.execFileSync);
