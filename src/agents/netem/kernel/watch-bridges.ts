import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { LogFunction } from '../shared/json-log.ts';
import { toolPath } from './run-tool.ts';

/** How long (ms) after the watching tool has ended it is started again. */
const RESTART_DELAY_MS = 1_000;

/**
 * Tells whenever a bridge hears a hardware address on a port where it had not heard it before: so of each node that starts.
 * @param heard gets the address
 * @returns what stops it
 */
export function watchBridges(folder: string | undefined, heard: (mac: string) => void, log: LogFunction): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let stopTool = () => {};

  function start(): void {
    const tool = spawn(toolPath(folder, 'bridge'), ['monitor', 'fdb'], { stdio: ['ignore', 'pipe', 'ignore'] });
    stopTool = () => tool.kill();
    createInterface({ input: tool.stdout }).on('line', (line) => {
      const [mac] = line.split(' ');
      if (mac !== undefined && mac !== 'Deleted') heard(mac);
    });
    const ended = (reason: string) => {
      if (stopped || timer !== undefined) return;
      log('warn', 'watch_ended', { reason });
      timer = setTimeout(() => {
        timer = undefined;
        start();
      }, RESTART_DELAY_MS);
    };
    tool.once('error', ({ message }) => ended(message));
    tool.once('exit', (code, signal) => ended(`bridge monitor ended with ${code ?? signal}`));
  }

  start();
  return () => {
    stopped = true;
    clearTimeout(timer);
    stopTool();
  };
}
