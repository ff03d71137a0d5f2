import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { renderSvg } from '../graph-drawing/index.ts';
import { entryToJson } from '../network/log-entry.ts';
import type { NetworkStatus } from '../network/network-status.ts';
import { creationSteps } from '../network/plan-step.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { describeFileError, unwritableError } from '../shared/file-error.ts';
import { packageVersion } from '../shared/package-root.ts';
import { createPrivateFolder, PRIVATE_FILE_MODE } from '../shared/private-folder.ts';
import { raceSignal } from '../shared/race-signal.ts';
import type { Topology } from '../topology/model/topology.ts';
import { toGraphView } from './status-graph.ts';

/** Result of a dump. A part that could not be written is listed under `missing`; the others are written all the same. */
export interface DumpResult {
  /** Path of the folder, as it was given. */
  folder: string;
  /** Files in the folder, in the order in which one would read them; paths below the folder. */
  files: string[];
  /** Parts that could not be written, and the reason. */
  missing: { file: string; why: string }[];
  /** What `status.json` holds; absent when the nodes could not be asked. */
  status?: NetworkStatus;
}

/** Limit for any one part: an engine that hangs must not hang the dump that is to tell why. */
const PART_TIMEOUT_MS = 20_000;

/** Stands for the value of an environment variable. */
const HIDDEN_VALUE = '[hidden]';

export interface DumpOptions {
  folder: string;
  /** What was done to the network, as JSON lines; empty: no file is written. */
  journal: string;
  /**
   * Write the values of environment variables, which may be passwords and keys.
   * @default false
   */
  secrets?: boolean;
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
  { folder, journal, secrets = false }: DumpOptions,
): Promise<DumpResult> {
  try {
    createPrivateFolder(join(folder, 'logs'));
  } catch (cause) {
    throw unwritableError(folder, cause, 'name another folder');
  }
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
      writeFileSync(join(folder, file), await make(), { mode: PRIVATE_FILE_MODE });
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
  await write('versions.json', async () =>
    formatJson({
      devnet: packageVersion,
      node: process.versions.node,
      system: `${process.platform} ${release()}`,
      ...(await network.versions()),
    }),
  );
  await attempt('log.jsonl', (signal) => writeLogFiles(network, folder, signal));
  if (journal !== '') await write('journal.jsonl', () => journal);
  return { folder, files, missing, ...(status === undefined ? {} : { status }) };
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Returns a topology with the values of its environment variables hidden. */
function hideEnvironment(topology: Topology): Topology {
  const nodes = topology.nodes.map((node) => ({
    ...node,
    env: Object.fromEntries(Object.keys(node.env).map((name) => [name, HIDDEN_VALUE])),
  }));
  return { ...topology, nodes };
}

/** Writes the merged log, and each node's own. No file stays open: there may be more nodes than this process may open files. */
async function writeLogFiles(network: RunningNetwork, folder: string, signal: AbortSignal): Promise<string[]> {
  const merged = 'log.jsonl';
  const files = new Set([merged]);
  writeFileSync(join(folder, merged), '', { mode: PRIVATE_FILE_MODE });
  for await (const batch of await network.readLog({ follow: false, signal })) {
    const lines = new Map<string, string[]>();
    for (const entry of batch) {
      const line = `${JSON.stringify(entryToJson(entry))}\n`;
      for (const file of [merged, join('logs', `${entry.node.replace(/^\./, '')}.jsonl`)]) {
        const before = lines.get(file);
        if (before) before.push(line);
        else lines.set(file, [line]);
      }
    }
    for (const [file, text] of lines) {
      // A folder that is given by name may hold an earlier dump.
      const flag = files.has(file) ? 'a' : 'w';
      writeFileSync(join(folder, file), text.join(''), { mode: PRIVATE_FILE_MODE, flag });
      files.add(file);
    }
  }
  return [...files];
}
