import type { LogEntry } from '../../../network/log-entry.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { NetworkRecorder } from '../../../recording/network-recorder.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkName } from '../../input/select-network.ts';
import { writeToStderr } from '../../output/format.ts';
import { servePage, untilInterrupted } from './serve-page.ts';

interface Options {
  name?: string;
  port?: number;
}

/** Log entries from before the page is opened: of few nodes the last of each, of many fewer of each. */
const MAX_EARLIER_ENTRIES = 20_000;
const MAX_EARLIER_ENTRIES_PER_NODE = 500;

export async function run(argument: string | undefined, options: Options): Promise<void> {
  const network = await attachNetwork(networkName(argument, options.name));
  const { signal, release } = handleInterrupt();
  const earlierEntries = await readEarlierEntries(network, signal);
  const recorder = await NetworkRecorder.prepare(network, { reattach: () => attachNetwork(network.name) });
  const dashboard = await servePage(network, recorder, {
    earlierEntries,
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
  recorder.stop();
  await dashboard.close();
  network.close();
  release();
}

async function readEarlierEntries(network: RunningNetwork, signal: AbortSignal): Promise<LogEntry[]> {
  const perNode = Math.floor(MAX_EARLIER_ENTRIES / Math.max(1, network.topology.nodes.length));
  const tail = Math.min(MAX_EARLIER_ENTRIES_PER_NODE, Math.max(5, perNode));
  const entries: LogEntry[] = [];
  for await (const batch of await network.readLog({ follow: false, tail, signal })) entries.push(...batch);
  return entries;
}
