import { ActionFollower } from '../../../recording/actions/action-follower.ts';
import { NetworkRecorder } from '../../../recording/network-recorder.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { createNetworkFolder, journalFile } from '../../input/log-files.ts';
import { networkName } from '../../input/select-network.ts';
import { writeToStderr } from '../../output/format.ts';
import { readEarlierEvents } from './read-earlier-events.ts';
import { servePage, untilInterrupted } from './serve-page.ts';

interface Options {
  name?: string;
  port?: number;
}

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  const { signal, release } = handleInterrupt();
  const recorder = await NetworkRecorder.prepare(network, { reattach: () => attachNetwork(network.name) });
  const actions = await followActions(network.name, recorder);
  const dashboard = await servePage(network, recorder, {
    earlier: readEarlierEvents(network, recorder.timeAgo(0), signal),
    ...(options.port === undefined ? {} : { port: options.port }),
  });
  await recorder.start();
  await recorder.followLog();
  process.stdout.write(`${dashboard.url}\n`);
  writeToStderr(`open it in a browser on this machine; Ctrl-C ends the page, and leaves ${network.name} running`);
  const interrupted = untilInterrupted(signal);
  await Promise.race([recorder.ended(), interrupted]);
  if (!signal.aborted) {
    writeToStderr(`${network.name} was removed; Ctrl-C ends the page`);
    recorder.stop();
    await interrupted;
  }
  await actions.stop();
  recorder.stop();
  await dashboard.close();
  network.close();
  release();
}

/** Follows what other terminals do in this folder: they note it where the network has a folder here. */
function followActions(name: string, recorder: NetworkRecorder): Promise<ActionFollower> {
  try {
    createNetworkFolder(name);
  } catch {
    // Then they cannot write here, either.
  }
  return ActionFollower.start(journalFile(name), recorder);
}
