import { createReadStream, createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PRIVATE_FILE_MODE } from '../shared/files/private-folder.ts';

/** A file of a recording. */
export interface SegmentFile {
  /** From 1, in the order in which they were written. */
  number: number;
  path: string;
}

const SEGMENT_NAME = /^(\d{6,})\.jsonl$/;

/** Returns the path of a segment: `000001.jsonl`. */
export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(6, '0')}.jsonl`);
}

/** Returns the path of the index beside a segment: `000001.index.jsonl`. */
export function indexPath(segment: string): string {
  return segment.replace(/\.jsonl$/, '.index.jsonl');
}

/** Lists the segments of a recording, oldest first. @throws NodeJS.ErrnoException when the folder cannot be read */
export async function listSegments(folder: string): Promise<SegmentFile[]> {
  const numbers = (await readdir(folder)).flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? []).map(Number);
  return numbers.sort((a, b) => a - b).map((number) => ({ number, path: segmentPath(folder, number) }));
}

/** Writes all segments of a recording into one file. @throws NodeJS.ErrnoException */
export async function joinSegments(folder: string, file: string): Promise<void> {
  for (const [index, { path }] of (await listSegments(folder)).entries()) {
    const flags = index === 0 ? 'w' : 'a';
    await pipeline(createReadStream(path), createWriteStream(file, { flags, mode: PRIVATE_FILE_MODE }));
  }
}
