import type { LogFunction } from '../shared/reporting.ts';
import { watchTool } from './watch-tool.ts';

/**
 * Calls `onMacLearned` whenever a bridge learned a hardware address on a port, as it does when a node starts.
 *
 * @returns a function that stops watching
 */
export function watchBridges(
  folder: string | undefined,
  onMacLearned: (mac: string) => void,
  log: LogFunction,
): () => void {
  const onLine = (line: string) => {
    const [mac] = line.split(' ');
    if (mac !== undefined && mac !== 'Deleted') onMacLearned(mac);
  };
  return watchTool(folder, 'bridge', ['monitor', 'fdb'], onLine, log);
}
