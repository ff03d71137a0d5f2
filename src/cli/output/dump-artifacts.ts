import { readFileSync } from 'node:fs';
import type { CaptureFile } from '../../capture/capture-file.ts';
import { addReplayPage } from '../../dashboard/server/replay/add-replay-page.ts';
import { dump, dumpFolder } from '../../diagnostics/dump.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import type { NetworkRecording } from '../../recording/network-recording.ts';
import { describeError } from '../../shared/errors.ts';
import { describeFileError, isMissingFile } from '../../shared/files/file-error.ts';
import { journalFile, networkFolder } from '../input/log-files.ts';
import { warn, writeToStderr } from './format.ts';

/** Reads the journal of a network, which fault commands write beside its log; empty where there is none. */
export function readJournal(name: string): string {
  const file = journalFile(name);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (!isMissingFile(cause)) warn(`cannot read ${file}: ${describeFileError(cause, 'file')}`);
    return '';
  }
}

export interface ArtifactSources {
  /** Actions on the network, as JSON lines. @default the journal of fault commands */
  journal?: string;
  /** Recording of the network, which was ended. @default none */
  recording?: NetworkRecording | undefined;
  /** Captured packets of the network. @default none */
  capture?: CaptureFile | undefined;
}

/**
 * Dumps a network into a new folder beside its log. Returns the folder; or prints why that fails and returns undefined, since
 * whatever is wrong with the network matters more.
 */
export async function dumpArtifacts(
  network: RunningNetwork,
  { journal = readJournal(network.topology.name), recording, capture }: ArtifactSources = {},
): Promise<string | undefined> {
  try {
    const dumped = await dump(network, {
      folder: dumpFolder(networkFolder(network.topology.name)),
      journal,
      copyPackets: capture?.copyTo,
      ...(recording ? { recording: recording.folder } : {}),
    });
    const { folder, missing } = await addReplayPage(dumped);
    for (const { file, why } of missing) warn(`artifacts without ${file}: ${why}`);
    return folder;
  } catch (cause) {
    warn(`no artifacts: ${describeError(cause)}`);
    return undefined;
  }
}

/** Names the folder of a dump on standard error: standard output may be JSON. */
export function printArtifactsFolder(folder: string | undefined): void {
  if (folder !== undefined) writeToStderr(`artifacts: ${folder}`);
}
