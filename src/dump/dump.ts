import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { abortable } from '../devnet/abortable.ts';
import { entryToJson } from '../devnet/log-entry.ts';
import { planUp } from '../devnet/plan.ts';
import type { DevnetStatus } from '../devnet/status.ts';
import { packageVersion } from '../package-root.ts';
import { svg } from '../picture/index.ts';
import { pictureOf } from './picture-of.ts';
import type { DumpSource } from './source.ts';

/** What could not be had does not keep the rest from being written: a dump is made when something is wrong. */
export interface Dumped {
  folder: string;
  /** Files in it, in the order in which one would read them. */
  files: string[];
  /** What is missing, and why. */
  missing: { file: string; why: string }[];
  /** How things stood; absent where nobody could be asked. */
  status?: DevnetStatus;
}

/** How long any one part may take, milliseconds: an engine that hangs must not hang whoever wants to know what is wrong. */
const PATIENCE = 20_000;

/** The folder of a dump that is made now: one below the devnet's own, which no other has. */
export function dumpFolder(folder: string, time = new Date()): string {
  return join(folder, `dump-${time.toISOString().replaceAll(/[:.]/g, '-')}`);
}

/**
 * Writes all that is known of a devnet into a folder: what was declared, how it stands, what its nodes wrote, what was done to
 * it and with which versions. What is missing then is told, and no error.
 * @throws NodeJS.ErrnoException where the folder cannot be made
 */
export async function dump(source: DumpSource, folder: string): Promise<Dumped> {
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const files: string[] = [];
  const missing: Dumped['missing'] = [];
  const attempt = async (file: string, make: (signal: AbortSignal) => Promise<string[]>) => {
    const late = AbortSignal.timeout(PATIENCE);
    try {
      files.push(...(await abortable(make(late), late)));
    } catch (cause) {
      const why = cause === late.reason ? `it took longer than ${PATIENCE / 1_000} s` : (cause as Error).message;
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
    return json(status);
  });
  if (topology) {
    await write('topology.json', () => json(topology));
    await write('plan.json', () => json(planUp(topology)));
    await write('graph-declared.svg', () => svg(topology));
  }
  await write('graph-actual.svg', () => {
    if (!status) throw new Error('the nodes could not be asked');
    return svg(pictureOf(status));
  });
  const { links } = source;
  if (links) await write('links.json', async () => json(await links()));
  await write('versions.json', () =>
    json({
      devnet: packageVersion,
      node: process.versions.node,
      system: `${process.platform} ${release()}`,
      ...source.versions(),
    }),
  );
  await attempt('log.jsonl', (signal) => writeLogs(source, folder, signal));
  const journal = source.journal();
  if (journal !== '') await write('journal.jsonl', () => journal);
  return { folder, files, missing, ...(status === undefined ? {} : { status }) };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The merged log, and each node's own. */
async function writeLogs(source: DumpSource, folder: string, signal: AbortSignal): Promise<string[]> {
  const streams = new Map<string, ReturnType<typeof createWriteStream>>();
  const to = (file: string) => {
    const stream = streams.get(file) ?? createWriteStream(join(folder, file));
    streams.set(file, stream);
    return stream;
  };
  to('log.jsonl');
  for await (const batch of source.entries(signal)) {
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
