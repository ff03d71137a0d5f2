import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { renderSvg } from '../graph-drawing/index.ts';
import { entryToJson, type LogEntry } from '../network/log-entry.ts';
import type { NetworkStatus } from '../network/network-status.ts';
import { creationSteps } from '../network/plan-step.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { LogRecording } from '../recording/log-recording.ts';
import { ARTIFACTS_RECORDING } from '../recording/recording-folder.ts';
import { joinSegments } from '../recording/segment-files.ts';
import { describeFileError, unwritableError } from '../shared/files/file-error.ts';
import { packageVersion } from '../shared/files/package-root.ts';
import { createPrivateFolder, PRIVATE_FILE_MODE } from '../shared/files/private-folder.ts';
import { raceSignal } from '../shared/time/race-signal.ts';
import { hideEnvironment } from '../topology/model/hide-environment.ts';
import { toGraphView } from './status-graph.ts';

/** Result of a dump. A part that could not be written is listed under `missing`; the others are written all the same. */
export interface DumpResult {
  /** Path of the folder, as it was given. */
  folder: string;
  /** Files in the folder, in the order in which one would read them; paths below the folder. */
  files: string[];
  /** Parts that could not be written, and the reason. */
  missing: { file: string; why: string }[];
  /** Content of `status.json`; absent when the nodes could not be asked. */
  status?: NetworkStatus;
}

/** Limit for any one part: an engine that hangs must not hang the dump that is to tell why. */
const PART_TIMEOUT_MS = 20_000;

/** Name of the file with the merged log. */
const MERGED_LOG = 'log.jsonl';

export interface DumpOptions {
  folder: string;
  /** Actions on the network, as JSON lines; empty: no file is written. */
  journal: string;
  /**
   * Write the values of environment variables, which may be passwords and keys.
   * @default false
   */
  secrets?: boolean;
  /** Folder of the network's recording, which is then part of the dump. @default one is made from the log and the journal */
  recording?: string;
  /** Copies captured packets into the folder, and returns the names of the files. @default none were captured */
  copyPackets?: ((folder: string) => Promise<string[]>) | undefined;
}

/** Returns a new folder for a dump, below a network's own folder: `dump-TIME`. */
export function dumpFolder(folder: string, time = new Date()): string {
  return join(folder, `dump-${time.toISOString().replaceAll(/[:.]/g, '-')}`);
}

/**
 * Writes everything known about a network into a folder: what was declared, its status, its logs, pictures of the graph, and
 * the versions in use. Only the owner of the files can read them.
 * @throws DevnetError `file_unwritable`, `disk_full` when the folder cannot be made
 */
export async function dump(
  network: RunningNetwork,
  { folder, journal, secrets = false, recording, copyPackets }: DumpOptions,
): Promise<DumpResult> {
  createDumpFolder(folder);
  const files: string[] = [];
  const missing: DumpResult['missing'] = [];
  const attempt = async (file: string, make: (signal: AbortSignal) => Promise<string[]>) => {
    const timeout = AbortSignal.timeout(PART_TIMEOUT_MS);
    try {
      files.push(...(await raceSignal(make(timeout), timeout)));
    } catch (cause) {
      const why = cause === timeout.reason ? `timed out after ${PART_TIMEOUT_MS / 1_000} s` : describeFileError(cause);
      missing.push({ file, why });
    }
  };
  const write = (file: string, make: () => Promise<string> | string) =>
    attempt(file, async () => {
      writePrivateFile(join(folder, file), await make());
      return [file];
    });
  const { topology } = network;
  let status: NetworkStatus | undefined;
  await write('status.json', async () => {
    status = await network.status();
    return formatJson(status);
  });
  await write('topology.json', () => formatJson(secrets ? topology : hideEnvironment(topology)));
  await write('plan.json', () => formatJson(creationSteps(topology)));
  await write('graph-declared.svg', () => renderSvg(topology));
  await write('graph-actual.svg', () => {
    if (!status) throw new Error('the status of the nodes is not known');
    return renderSvg(toGraphView(status));
  });
  if (network.capabilities.has('link-conditions'))
    await write('links.json', async () => formatJson(await network.linkReport()));
  await write('versions.json', async () => formatJson({ ...ownVersions(), ...(await network.versions()) }));
  const made = recording === undefined ? new LogRecording(network, journal) : undefined;
  let notRecorded: { cause: unknown } | undefined;
  /** Keeps a failure for the part of the recording: the log, from which it is made, must not miss anything for it. */
  const record = (makeLines: () => string, flag?: 'a') => {
    if (notRecorded) return;
    try {
      writePrivateFile(join(folder, ARTIFACTS_RECORDING), makeLines(), flag);
    } catch (cause) {
      notRecorded = { cause };
    }
  };
  if (made) record(() => '');
  const onEntries = (entries: readonly LogEntry[]) => {
    if (made) record(() => made.addEntries(entries), 'a');
  };
  await attempt(MERGED_LOG, (signal) => writeLogFiles(network, folder, signal, onEntries));
  await attempt(ARTIFACTS_RECORDING, async () => {
    if (made) record(() => made.end(status), 'a');
    if (recording !== undefined) await joinSegments(recording, join(folder, ARTIFACTS_RECORDING));
    if (notRecorded) throw notRecorded.cause;
    return [ARTIFACTS_RECORDING];
  });
  if (copyPackets) await attempt('capture.pcapng', () => copyPackets(folder));
  if (journal !== '') await write('journal.jsonl', () => journal);
  return { folder, files, missing, ...(status === undefined ? {} : { status }) };
}

/**
 * Writes at once what is known about a network whose nodes end with this process: what was declared, and its log.
 * @throws DevnetError `file_unwritable`, `disk_full`
 */
export function dumpAtOnce(
  network: Pick<RunningNetwork, 'name' | 'runtime' | 'topology' | 'addresses'>,
  log: readonly LogEntry[],
  { folder, journal }: Pick<DumpOptions, 'folder' | 'journal'>,
): void {
  const { topology } = network;
  createDumpFolder(folder);
  const write = (file: string, text: string) => writePrivateFile(join(folder, file), text);
  write('topology.json', formatJson(hideEnvironment(topology)));
  write('plan.json', formatJson(creationSteps(topology)));
  write('graph-declared.svg', renderSvg(topology));
  write('versions.json', formatJson(ownVersions()));
  write('journal.jsonl', journal);
  appendToLogFiles(folder, createLogFiles(folder), log);
  const recording = new LogRecording(network, journal);
  write(ARTIFACTS_RECORDING, recording.addEntries(log) + recording.end());
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Writes the merged log, and each node's own. */
async function writeLogFiles(
  network: RunningNetwork,
  folder: string,
  signal: AbortSignal,
  onEntries: (entries: readonly LogEntry[]) => void,
): Promise<string[]> {
  const files = createLogFiles(folder);
  for await (const batch of await network.readLog({ follow: false, signal })) {
    appendToLogFiles(folder, files, batch);
    onEntries(batch);
  }
  return [...files];
}

/** Creates the merged log. @returns names of the files of the log so far */
function createLogFiles(folder: string): Set<string> {
  writePrivateFile(join(folder, MERGED_LOG), '');
  return new Set([MERGED_LOG]);
}

/** Appends entries to the merged log and to each node's own. No file stays open: there may be more nodes than open files. */
function appendToLogFiles(folder: string, files: Set<string>, entries: readonly LogEntry[]): void {
  const lines = new Map<string, string[]>();
  for (const entry of entries) {
    const line = `${JSON.stringify(entryToJson(entry))}\n`;
    for (const file of [MERGED_LOG, join('logs', `${entry.node.replace(/^\./, '')}.jsonl`)]) {
      const before = lines.get(file);
      if (before) before.push(line);
      else lines.set(file, [line]);
    }
  }
  for (const [file, text] of lines) {
    // A folder that is given by name may hold an earlier dump.
    writePrivateFile(join(folder, file), text.join(''), files.has(file) ? 'a' : 'w');
    files.add(file);
  }
}

function createDumpFolder(folder: string): void {
  try {
    createPrivateFolder(join(folder, 'logs'));
  } catch (cause) {
    throw unwritableError(folder, cause, 'name another folder');
  }
}

function writePrivateFile(path: string, text: string, flag: 'w' | 'a' = 'w'): void {
  writeFileSync(path, text, { mode: PRIVATE_FILE_MODE, flag });
}

function ownVersions(): Record<string, string> {
  return { devnet: packageVersion, node: process.versions.node, system: `${process.platform} ${release()}` };
}
