import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, dumpFolder } from '../../diagnostics/dump.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { networkFolder } from '../input/log-files.ts';
import { writeToStderr } from './format.ts';

/** Reads the journal of a network, which fault commands write beside its log; empty where there is none. */
export function readJournal(name: string): string {
  const file = join(networkFolder(name), 'journal.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/**
 * Dumps a network into a new folder beside its log. Returns the folder, or undefined if that fails: whatever is wrong with the
 * network matters more.
 * @param journal what was done to the network, as JSON lines
 */
export async function dumpArtifacts(
  network: RunningNetwork,
  journal = readJournal(network.topology.name),
): Promise<string | undefined> {
  try {
    const { folder } = await dump(network, { folder: dumpFolder(networkFolder(network.topology.name)), journal });
    return folder;
  } catch {
    return undefined;
  }
}

/** Names the folder of a dump on standard error: standard output may be JSON. */
export function printArtifactsFolder(folder: string | undefined): void {
  if (folder !== undefined) writeToStderr(`artifacts: ${folder}`);
}
