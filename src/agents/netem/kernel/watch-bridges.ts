import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LogFunction } from '../shared/reporting.ts';
import { toolPath } from './run-tool.ts';

/** Wait before the tool is started again after it has ended. */
const RESTART_DELAY_MS = 1_000;

/**
 * Calls `onMacLearned` whenever a bridge learns a hardware address on a port, as it does when a node starts.
 *
 * @returns a function that stops watching
 */
export function watchBridges(
  folder: string | undefined,
  onMacLearned: (mac: string) => void,
  log: LogFunction,
): () => void {
  let stopped = false;
  let restartTimer: NodeJS.Timeout | undefined;
  let killTool = () => {};

  function start(): void {
    restartTimer = undefined;
    const tool = spawn(toolPath(folder, 'bridge'), ['monitor', 'fdb'], { stdio: ['ignore', 'pipe', 'ignore'] });
    killTool = () => tool.kill();
    createInterface({ input: tool.stdout }).on('line', (line) => {
      const [mac] = line.split(' ');
      if (mac !== undefined && mac !== 'Deleted') onMacLearned(mac);
    });
    const onEnded = (reason: string) => {
      if (stopped || restartTimer !== undefined) return;
      log('warn', 'watch_ended', { reason });
      restartTimer = setTimeout(start, RESTART_DELAY_MS);
    };
    tool.once('error', ({ message }) => onEnded(message));
    tool.once('exit', (code, signal) => onEnded(`bridge monitor ended with ${code ?? signal}`));
  }

  start();
  return () => {
    stopped = true;
    clearTimeout(restartTimer);
    killTool();
  };
}
