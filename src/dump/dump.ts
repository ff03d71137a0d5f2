import { copyFileSync, createWriteStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { linkReport } from '../devnet/links.ts';
import { entryToJson } from '../devnet/log-entry.ts';
import type { Observed } from '../devnet/observe.ts';
import { planUp } from '../devnet/plan.ts';
import { type DevnetStatus, status } from '../devnet/status.ts';
import { tailLogs } from '../devnet/tail.ts';
import type { Engine } from '../engine/engine.ts';
import { packageVersion } from '../package-root.ts';
import { svg } from '../picture/index.ts';
import { pictureOf } from './picture-of.ts';

/** What could not be had does not keep the rest from being written: a dump is made when something is wrong. */
export interface Dumped {
  folder: string;
  /** Files in it, in the order in which one would read them. */
  files: string[];
  /** What is missing, and why. */
  missing: { file: string; why: string }[];
}

/**
 * Writes all that is known of a devnet into a folder: what was declared, how it stands, what its nodes wrote, what was done to
 * it and with which versions.
 * @param journal file of what was done to it, copied where it exists
 */
export async function dump(engine: Engine, devnet: Observed, folder: string, journal?: string): Promise<Dumped> {
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const files: string[] = [];
  const missing: Dumped['missing'] = [];
  const write = async (file: string, make: () => Promise<string> | string) => {
    try {
      writeFileSync(join(folder, file), await make());
      files.push(file);
    } catch (cause) {
      missing.push({ file, why: (cause as Error).message });
    }
  };
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const { topology } = devnet;
  let standing: DevnetStatus | undefined;
  await write('status.json', async () => {
    standing = await status(engine, devnet);
    return json(standing);
  });
  if (topology) {
    await write('topology.json', () => json(topology));
    await write('plan.json', () => json(planUp(topology)));
    await write('graph-declared.svg', () => svg(topology));
  }
  await write('graph-actual.svg', () => {
    if (!standing) throw new Error('the nodes could not be asked');
    return svg(pictureOf(standing));
  });
  await write('links.json', async () => json((await linkReport(engine, devnet)) ?? {}));
  await write('versions.json', () =>
    json({
      devnet: packageVersion,
      engine: engine.version,
      api: engine.api,
      node: process.versions.node,
      system: `${process.platform} ${release()}`,
      images: Object.fromEntries(devnet.containers.map(({ name, image, imageId }) => [name, `${image} ${imageId}`])),
    }),
  );
  try {
    files.push(...(await writeLogs(engine, devnet, folder)));
  } catch (cause) {
    missing.push({ file: 'log.jsonl', why: (cause as Error).message });
  }
  if (journal !== undefined && existsSync(journal)) {
    copyFileSync(journal, join(folder, 'journal.jsonl'));
    files.push('journal.jsonl');
  }
  return { folder, files, missing };
}

/** The merged log, and each node's own. */
async function writeLogs(engine: Engine, devnet: Observed, folder: string): Promise<string[]> {
  const streams = new Map<string, ReturnType<typeof createWriteStream>>();
  const to = (file: string) => {
    const stream = streams.get(file) ?? createWriteStream(join(folder, file));
    streams.set(file, stream);
    return stream;
  };
  to('log.jsonl');
  for await (const batch of tailLogs(engine, devnet, { follow: false })) {
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
