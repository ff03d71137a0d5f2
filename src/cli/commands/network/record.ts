import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { sleep } from '../../../shared/time/poll.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkName } from '../../input/select-network.ts';
import { formatDuration, writeToStderr } from '../../output/format.ts';
import { beginRecording } from '../../output/record-network.ts';

interface Options {
  name?: string;
  /** Seconds. */
  for?: number;
}

/** Longer timeouts of Node.js end at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  const { signal, release } = handleInterrupt({ continueWithoutReader: true });
  const recording = await beginRecording(network);
  const { recorder } = recording;
  await recorder.followLog();
  const until = options.for === undefined ? '' : ` for ${formatDuration(options.for)}`;
  writeToStderr(`recording ${network.name}${until}; Ctrl-C ends it, and leaves the network running`);
  const over = new AbortController();
  const timeoutMs = options.for === undefined ? MAX_TIMEOUT_MS : Math.min(options.for * 1_000, MAX_TIMEOUT_MS);
  await Promise.race([recorder.ended(), sleep(timeoutMs, AbortSignal.any([signal, over.signal])).catch(() => {})]);
  over.abort();
  await recording.stop();
  network.close();
  release();
  if (recorder.live.snapshot.ended === 'removed') writeToStderr(`${network.name} was removed`);
  process.stdout.write(`${recording.folder}\n`);
}
