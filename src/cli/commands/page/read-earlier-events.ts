import { entryToJson, type LogEntry } from '../../../network/log-entry.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import type { RecordedLogEntry, RecordingEvent } from '../../../recording/recording-event.ts';
import { newestRecording } from '../../../recording/recording-folder.ts';
import { RecordingReader } from '../../../recording/recording-reader.ts';
import { networkFolder } from '../../input/log-files.ts';

/** Log entries of a network that was not recorded: of few nodes the last of each, of many fewer of each. */
const MAX_EARLIER_ENTRIES = 20_000;
const MAX_EARLIER_ENTRIES_PER_NODE = 500;
const MIN_EARLIER_ENTRIES_PER_NODE = 5;

/**
 * Reads what happened to a network so far: from its recording, where a command writes one in this folder, or from its log.
 * @param until time of the last event
 */
export async function* readEarlierEvents(
  network: RunningNetwork,
  until: string,
  signal: AbortSignal,
): AsyncGenerator<RecordingEvent[]> {
  const reader = await openRecordingOf(network);
  if (!reader) {
    const entries = await readLastEntries(network, signal);
    const [first] = entries;
    if (first) yield [{ type: 'log', time: first.time, entries: entries.map(entryToJson) as RecordedLogEntry[] }];
    return;
  }
  // The network goes on where its recording has ended.
  for await (const events of reader.events({ until })) yield events.filter(({ type }) => type !== 'end');
}

/** Opens the recording of this very network; undefined where there is none. */
async function openRecordingOf(network: RunningNetwork): Promise<RecordingReader | undefined> {
  const path = await newestRecording(networkFolder(network.name));
  if (path === undefined) return undefined;
  const reader = await RecordingReader.open(path);
  const { recording, ended } = await reader.seek(reader.endTime);
  const { run } = await network.summary();
  return recording?.run === run && ended === undefined ? reader : undefined;
}

async function readLastEntries(network: RunningNetwork, signal: AbortSignal): Promise<LogEntry[]> {
  const perNode = Math.floor(MAX_EARLIER_ENTRIES / Math.max(1, network.topology.nodes.length));
  const tail = Math.min(MAX_EARLIER_ENTRIES_PER_NODE, Math.max(MIN_EARLIER_ENTRIES_PER_NODE, perNode));
  const entries: LogEntry[] = [];
  for await (const batch of await network.readLog({ follow: false, tail, signal })) entries.push(...batch);
  return entries;
}
