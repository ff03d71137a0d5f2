import { spawn } from 'node:child_process';
import type { LogFunction } from '../shared/reporting.ts';
import { type Tool, toolPath } from './run-tool.ts';

/** Wait before the tool is started again after it has ended. */
const RESTART_DELAY_MS = 1_000;

/**
 * Calls `onLine` with each line that a tool writes for as long as it is watched; one that ends is started again.
 * @param folder where the tools are; undefined for those on the PATH
 * @returns a function that stops watching
 */
export function watchTool(
  folder: string | undefined,
  tool: Tool,
  args: readonly string[],
  onLine: (line: string) => void,
  log: LogFunction,
): () => void {
  let stopped = false;
  let restartTimer: NodeJS.Timeout | undefined;
  let killTool = () => {};

  function start(): void {
    restartTimer = undefined;
    const child = spawn(toolPath(folder, tool), args, { stdio: ['ignore', 'pipe', 'ignore'] });
    killTool = () => child.kill();
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) onLine(line);
    });
    const onEnded = (reason: string) => {
      if (stopped || restartTimer !== undefined) return;
      log('warn', 'watch_ended', { reason });
      restartTimer = setTimeout(start, RESTART_DELAY_MS);
    };
    child.once('error', ({ message }) => onEnded(message));
    child.once('exit', (code, signal) => onEnded(`${tool} ${args.join(' ')} ended with ${code ?? signal}`));
  }

  start();
  return () => {
    stopped = true;
    clearTimeout(restartTimer);
    killTool();
  };
}
