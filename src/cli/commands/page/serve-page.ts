import type { Dashboard } from '../../../dashboard/server/dashboard-server.ts';
import type { Page } from '../../../dashboard/server/page-html.ts';
import { type ReplayUse, renderReplayPage } from '../../../dashboard/server/replay/replay-page.ts';
import { serveNetwork } from '../../../dashboard/server/serve-network.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { ActionFollower } from '../../../recording/actions/action-follower.ts';
import { NetworkRecorder } from '../../../recording/network-recorder.ts';
import type { NetworkRecording } from '../../../recording/network-recording.ts';
import type { RecordingEvent } from '../../../recording/recording-event.ts';
import { RecordingReader } from '../../../recording/recording-reader.ts';
import { journalFile } from '../../input/log-files.ts';
import { formatCommand } from '../../input/npm-run.ts';
import { paint } from '../../output/format.ts';
import { appendToJournal } from '../faults/inject-and-report.ts';

/** Start of a command line of devnet here. */
export const COMMAND_PREFIX = formatCommand('devnet ').trimEnd();

/**
 * Serves the live page of a network.
 * @param options.earlier what happened before it was recorded
 * @throws DevnetError `usage` when the port is taken
 */
export function servePage(
  network: RunningNetwork,
  recorder: NetworkRecorder,
  options: { port?: number; earlier?: AsyncIterable<readonly RecordingEvent[]> } = {},
): Promise<Dashboard> {
  return serveNetwork(network, recorder, {
    commandPrefix: COMMAND_PREFIX,
    writeToJournal: (...entries) => appendToJournal(network, ...entries),
    ...options,
  });
}

/** The page of a network that a command has started, and where its events come from. */
export interface OpenPage {
  recorder: NetworkRecorder;
  close(): Promise<void>;
}

/**
 * Serves the page of a network that this command runs, and names it on standard error.
 * @param recording of the network. @default it is recorded in memory, for the page alone
 */
export async function openPage(network: RunningNetwork, recording: NetworkRecording | undefined): Promise<OpenPage> {
  const recorder = recording?.recorder ?? (await NetworkRecorder.prepare(network));
  const dashboard = await servePage(network, recorder);
  const actions = recording ? undefined : await ActionFollower.start(journalFile(network.name), recorder);
  if (!recording) await recorder.start();
  process.stderr.write(`  ${paint('gray', 'page:', process.stderr)} ${dashboard.url}\n`);
  return {
    recorder,
    close: async () => {
      await actions?.stop();
      recorder.stop();
      await dashboard.close();
    },
  };
}

/** Returns the page over a recording. @throws NodeJS.ErrnoException when that cannot be read */
export async function readReplayPage(recording: string, use: ReplayUse): Promise<Page> {
  const reader = await RecordingReader.open(recording);
  return renderReplayPage(reader.lines(), { use, commandPrefix: COMMAND_PREFIX });
}

/** Resolves when `signal` aborts. */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
