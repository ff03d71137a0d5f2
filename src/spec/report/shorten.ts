import { formatTranscript, type TranscriptEntry } from '../transport/transcript.ts';

/** Characters of a text that a terminal shows; of a longer one, the middle is left out. */
const MAX_CHARS = 240;
const TAIL_CHARS = 60;
/** Items of a list that a terminal shows. */
const MAX_ITEMS = 4;
/** Repeats of a character, or of an escaped byte, from which a number stands in their place. */
const RUN = /(\\x[0-9a-f]{2}|\\[nrt\\]|[\s\S])\1{23,}/g;
/** A JSON array of several strings. */
const LIST = /\[("(?:[^"\\]|\\.)*")(?:,"(?:[^"\\]|\\.)*")+\]/g;

/** Shortens a finding or the bytes of a transcript for a terminal. Reports for programs and pages have them whole. */
export function shorten(text: string): string {
  const short = text.replace(LIST, shortenList).replace(RUN, shortenRun);
  if (short.length <= MAX_CHARS) return short;
  const omitted = short.length - MAX_CHARS;
  return `${short.slice(0, MAX_CHARS - TAIL_CHARS)} … ${omitted} more characters … ${short.slice(-TAIL_CHARS)}`;
}

function shortenList(list: string): string {
  const items = JSON.parse(list) as string[];
  if (items.length <= MAX_ITEMS) return list;
  const shown = items.slice(0, MAX_ITEMS).map((item) => JSON.stringify(item));
  return `[${shown.join(',')}, … ${items.length - MAX_ITEMS} more]`;
}

function shortenRun(run: string, unit: string): string {
  return `${unit.repeat(3)}… (${run.length / unit.length} times)`;
}

/** Lines of a transcript that a terminal shows; of a longer one, the middle is left out. */
const MAX_LINES = 14;

/** Formats a transcript for a terminal, or another report that people read as text. */
export function formatShortTranscript(entries: readonly TranscriptEntry[]): string[] {
  const lines = formatTranscript(entries, shorten);
  if (lines.length <= MAX_LINES) return lines;
  const half = MAX_LINES / 2;
  return [...lines.slice(0, half), `            (${lines.length - MAX_LINES} more)`, ...lines.slice(-half)];
}
