import type { RunningNetwork } from '../../network/running-network.ts';
import { type NetworkRecording, recordNetwork } from '../../recording/network-recording.ts';
import { createRecordingFolder } from '../../recording/recording-folder.ts';
import { attachNetwork } from '../../runtimes/find-networks.ts';
import { describeError } from '../../shared/errors.ts';
import { describeFileError, unwritableError } from '../../shared/files/file-error.ts';
import { journalFile, networkFolder } from '../input/log-files.ts';
import { warn, writeToStderr } from './format.ts';

/**
 * Begins to record a network, by default into a new folder beside its log. What cannot be written later is said once.
 * @param createFolder creates the folder, and returns its path
 * @param onFailure called once, when it cannot be written any more
 * @throws DevnetError `file_unwritable`, `disk_full`, `no_such_devnet`, …
 */
export async function beginRecording(
  network: RunningNetwork,
  createFolder = () => createRecordingFolder(networkFolder(network.topology.name)),
  onFailure = () => {},
): Promise<NetworkRecording> {
  try {
    const folder = await createFolder();
    return await recordNetwork(network, {
      folder,
      journal: journalFile(network.name),
      onFailure: (cause) => {
        warn(`cannot write ${folder}: ${describeFileError(cause)}; nothing is recorded from here on`);
        onFailure();
      },
      reattach: () => attachNetwork(network.name),
    });
  } catch (cause) {
    const { path } = cause as NodeJS.ErrnoException;
    if (path === undefined) throw cause;
    throw unwritableError(path, cause, 'run the command in a folder that you can write to');
  }
}

/** As {@link beginRecording}. Where that fails, it is said on standard error, and the command goes on without. */
export async function startRecording(
  ...args: Parameters<typeof beginRecording>
): Promise<NetworkRecording | undefined> {
  try {
    return await beginRecording(...args);
  } catch (cause) {
    warn(`nothing is recorded: ${describeError(cause)}`);
    return undefined;
  }
}

/** Names the folder of a recording on standard error: standard output may be JSON. */
export function printRecordingFolder(recording: NetworkRecording | undefined): void {
  if (recording) writeToStderr(`recording: ${recording.folder}`);
}
