import { type FileHandle, readFile } from 'node:fs/promises';
import type { RecordingEventType } from './recording-event.ts';
import { readHead, readLines } from './recording-lines.ts';
import { indexPath } from './segment-files.ts';

// Beside each segment is an index: where its snapshots are, and the events that a timeline shows. It saves time and holds nothing
// that the segment does not: where it is missing, or ends too early, the segment is read instead.

/** Position of an event. */
export interface IndexEntry {
  type: RecordingEventType;
  time: string;
  /** Offset of its line, bytes. */
  at: number;
}

/** Last line of the index of a segment that is complete. */
export interface IndexEnd {
  type: 'complete';
  /** Time of the segment's last event. */
  time: string;
  /** Size of the segment, bytes. */
  at: number;
}

/** Events that an index has: few, and those that a timeline shows. */
const INDEXED_TYPES: ReadonlySet<RecordingEventType> = new Set<RecordingEventType>([
  'recording',
  'topology',
  'fault',
  'heal',
  'scenario_started',
  'step',
  'verdict',
  'scenario_ended',
  'gap',
  'snapshot',
  'end',
]);

/** Returns whether an index has events of this type. */
export function isIndexed(type: RecordingEventType): boolean {
  return INDEXED_TYPES.has(type);
}

/** Content of an index about a segment. */
export interface SegmentIndex {
  entries: IndexEntry[];
  /** Up to here, the segment is indexed. */
  endAt: number;
  /** Time of the last event before that; empty where there is none. */
  endTime: string;
  /** Nothing is added to the segment. */
  isComplete: boolean;
}

const NOTHING_INDEXED: SegmentIndex = { entries: [], endAt: 0, endTime: '', isComplete: false };

/** Reads the index beside a segment, as far as it is there and whole. @param size of the segment, bytes */
export async function readIndexFile(segment: string, size: number): Promise<SegmentIndex> {
  const text = await readFile(indexPath(segment), 'utf8').catch(() => '');
  const entries: IndexEntry[] = [];
  // What follows the last newline may be half a line.
  for (const line of text.split('\n').slice(0, -1)) {
    const entry = parseIndexLine(line);
    if (!entry || entry.at > size) break; // The segment was cut off.
    if (entry.type === 'complete') return { entries, endAt: entry.at, endTime: entry.time, isComplete: true };
    entries.push(entry);
  }
  const last = entries.pop(); // Its line is read again, to find where it ends.
  return last ? { entries, endAt: last.at, endTime: entries.at(-1)?.time ?? '', isComplete: false } : NOTHING_INDEXED;
}

/** Returns an index extended by what the segment has beyond it. */
export async function extendIndex(index: SegmentIndex, file: FileHandle): Promise<SegmentIndex> {
  if (index.isComplete) return index;
  const { entries } = index;
  let { endAt, endTime } = index;
  const added: IndexEntry[] = [];
  for await (const lines of readLines(file, endAt)) {
    for (const line of lines) {
      endAt = line.at + line.bytes.length + 1;
      const head = readHead(line);
      if (!head) continue;
      endTime = head.time;
      if (isIndexed(head.type)) added.push({ ...head, at: line.at });
    }
  }
  return { entries: [...entries, ...added], endAt, endTime, isComplete: added.at(-1)?.type === 'end' };
}

function parseIndexLine(line: string): IndexEntry | IndexEnd | undefined {
  try {
    return JSON.parse(line) as IndexEntry | IndexEnd;
  } catch {
    return undefined;
  }
}
