import { once } from 'node:events';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { signalWithTimeout } from '../../../shared/time/signal-with-timeout.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkName } from '../../input/select-network.ts';
import { formatDuration, writeToStderr } from '../../output/format.ts';
import { beginRecording } from '../../output/record-network.ts';

interface Options {
  name?: string;
  /** Seconds. */
  for?: number;
}

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  const { signal, release } = handleInterrupt({ continueWithoutReader: true });
  const recording = await beginRecording(network, undefined, () => {
    process.exitCode = 1;
  });
  const { recorder } = recording;
  await recorder.followLog();
  const until = options.for === undefined ? '' : ` for ${formatDuration(options.for)}`;
  writeToStderr(`recording ${network.name}${until}; Ctrl-C ends it, and leaves the network running`);
  const over = options.for === undefined ? signal : signalWithTimeout(signal, options.for * 1_000);
  if (!over.aborted) await Promise.race([recorder.ended(), once(over, 'abort')]);
  await recording.stop();
  network.close();
  release();
  if (recorder.live.snapshot.ended === 'removed') writeToStderr(`${network.name} was removed`);
  process.stdout.write(`${recording.folder}\n`);
}
