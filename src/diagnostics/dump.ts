import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { DevnetStatus } from '../controller/inspect/network-status.ts';
import { planRollout } from '../controller/lifecycle/plan.ts';
import { renderSvg } from '../graph-drawing/index.ts';
import { entryToJson } from '../network/log-entry.ts';
import type { DumpSource } from '../runtimes/containers/container-dump-source.ts';
import { packageVersion } from '../shared/package-root.ts';
import { raceSignal } from '../shared/race-signal.ts';
import { toGraphView } from './graph-view.ts';

/** What could not be had does not keep the rest from being written: a dump is made when something is wrong. */
export interface DumpResult {
  folder: string;
  /** Files in it, in the order in which one would read them. */
  files: string[];
  /** What is missing, and why. */
  missing: { file: string; why: string }[];
  /** How things stood; absent where nobody could be asked. */
  status?: DevnetStatus;
}

/** How long any one part may take, milliseconds: an engine that hangs must not hang whoever wants to know what is wrong. */
const PART_TIMEOUT_MS = 20_000;

/** The folder of a dump that is made now: one below the devnet's own, which no other has. */
export function dumpFolder(folder: string, time = new Date()): string {
  return join(folder, `dump-${time.toISOString().replaceAll(/[:.]/g, '-')}`);
}

/**
 * Writes all that is known of a devnet into a folder: what was declared, how it stands, what its nodes wrote, what was done to
 * it and with which versions. What is missing then is told, and no error.
 * @throws NodeJS.ErrnoException where the folder cannot be made
 */
export async function dump(source: DumpSource, folder: string): Promise<DumpResult> {
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const files: string[] = [];
  const missing: DumpResult['missing'] = [];
  const attempt = async (file: string, make: (signal: AbortSignal) => Promise<string[]>) => {
    const late = AbortSignal.timeout(PART_TIMEOUT_MS);
    try {
      files.push(...(await raceSignal(make(late), late)));
    } catch (cause) {
      const why = cause === late.reason ? `it took longer than ${PART_TIMEOUT_MS / 1_000} s` : (cause as Error).message;
      missing.push({ file, why });
    }
  };
  const write = (file: string, make: () => Promise<string> | string) =>
    attempt(file, async () => {
      writeFileSync(join(folder, file), await make());
      return [file];
    });
  const { topology } = source;
  let status: DevnetStatus | undefined;
  await write('status.json', async () => {
    status = await source.status();
    return formatJson(status);
  });
  if (topology) {
    await write('topology.json', () => formatJson(topology));
    await write('plan.json', () => formatJson(planRollout(topology)));
    await write('graph-declared.svg', () => renderSvg(topology));
  }
  await write('graph-actual.svg', () => {
    if (!status) throw new Error('the nodes could not be asked');
    return renderSvg(toGraphView(status));
  });
  const { links } = source;
  if (links) await write('links.json', async () => formatJson(await links()));
  await write('versions.json', () =>
    formatJson({
      devnet: packageVersion,
      node: process.versions.node,
      system: `${process.platform} ${release()}`,
      ...source.versions(),
    }),
  );
  await attempt('log.jsonl', (signal) => writeLogFiles(source, folder, signal));
  const journal = source.journal();
  if (journal !== '') await write('journal.jsonl', () => journal);
  return { folder, files, missing, ...(status === undefined ? {} : { status }) };
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The merged log, and each node's own. */
async function writeLogFiles(source: DumpSource, folder: string, signal: AbortSignal): Promise<string[]> {
  const streams = new Map<string, ReturnType<typeof createWriteStream>>();
  const to = (file: string) => {
    const stream = streams.get(file) ?? createWriteStream(join(folder, file));
    streams.set(file, stream);
    return stream;
  };
  to('log.jsonl');
  for await (const batch of source.readLog(signal)) {
    for (const entry of batch) {
      const line = `${JSON.stringify(entryToJson(entry))}\n`;
      to('log.jsonl').write(line);
      to(join('logs', `${entry.node.replace(/^\./, '')}.jsonl`)).write(line);
    }
  }
  for (const stream of streams.values()) stream.end();
  await Promise.all([...streams.values()].map((stream) => finished(stream)));
  return [...streams.keys()];
}
