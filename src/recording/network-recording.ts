import type { RunningNetwork } from '../network/running-network.ts';
import { ActionFollower } from './actions/action-follower.ts';
import { NetworkRecorder, type NetworkRecorderOptions } from './network-recorder.ts';
import type { RecordingEnded } from './recording-event.ts';
import { type RecordingLimits, RecordingWriter } from './recording-writer.ts';

export interface RecordNetworkOptions extends NetworkRecorderOptions {
  /** Empty folder that is written to. */
  folder: string;
  /** File in which commands note what they do to the network. @default there is none */
  journal?: string;
  limits?: Partial<RecordingLimits>;
  /** Called once, when the recording cannot be written any more; it then goes on in memory, for who listens to it. */
  onFailure: (cause: unknown) => void;
}

/** A network that is recorded into a folder. */
export interface NetworkRecording {
  folder: string;
  recorder: NetworkRecorder;
  /** Ends it; resolves when all is written. Never throws. @param reason whether the network is gone. @default as far as it is known */
  stop(reason?: RecordingEnded['reason']): Promise<void>;
}

/**
 * Begins to record a network. Its log comes from the caller, by `recorder.tee` or `recorder.addEntries`, or by `recorder.followLog`.
 * @throws NodeJS.ErrnoException when the folder cannot be written; DevnetError `no_such_devnet`, `engine_gone`, …
 */
export async function recordNetwork(
  network: RunningNetwork,
  { folder, journal, limits = {}, onFailure, ...options }: RecordNetworkOptions,
): Promise<NetworkRecording> {
  const recorder = await NetworkRecorder.prepare(network, options);
  const writer = await RecordingWriter.open(folder, recorder.live, { limits, onFailure });
  await recorder.start();
  const follower = journal === undefined ? undefined : await ActionFollower.start(journal, recorder);
  return {
    folder,
    recorder,
    async stop(reason) {
      await follower?.stop();
      recorder.stop(reason);
      await writer.close();
    },
  };
}
