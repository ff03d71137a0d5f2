import type { RunningNetwork } from '../../network/running-network.ts';
import { type NetworkRecording, recordNetwork } from '../../recording/network-recording.ts';
import { createRecordingFolder } from '../../recording/recording-folder.ts';
import { attachNetwork } from '../../runtimes/find-networks.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { describeFileError } from '../../shared/files/file-error.ts';
import { networkFolder } from '../input/log-files.ts';
import { warn, writeToStderr } from './format.ts';

/**
 * Begins to record a network, by default into a new folder beside its log. Where that cannot be written, it is said once, and the network goes
 * on without.
 */
export async function startRecording(
  network: RunningNetwork,
  createFolder = () => createRecordingFolder(networkFolder(network.topology.name)),
): Promise<NetworkRecording | undefined> {
  try {
    const folder = await createFolder();
    const onFailure = (cause: unknown) =>
      warn(`cannot write ${folder}: ${describeFileError(cause)}; nothing is recorded from here on`);
    return await recordNetwork(network, { folder, onFailure, reattach: () => attachNetwork(network.name) });
  } catch (cause) {
    warn(`nothing is recorded: ${cause instanceof DevnetError ? describeError(cause) : describeFileError(cause)}`);
    return undefined;
  }
}

/** Names the folder of a recording on standard error: standard output may be JSON. */
export function printRecordingFolder(recording: NetworkRecording | undefined): void {
  if (recording) writeToStderr(`recording: ${recording.folder}`);
}
