import { build, type Histogram, HistogramLogWriter } from 'hdr-histogram-js';
import { deliveryLatencies, messagesOf } from './metrics.ts';
import type { CompleteRun } from './samples.ts';

/** What a histogram is of: a cell of the matrix. */
interface CellRuns {
  cell: string;
  runs: readonly CompleteRun[];
}

/**
 * How long news took to each node that it reached, in microseconds, of all messages of some runs: an HDR histogram (Tene,
 * hdrhistogram.org) of three digits, so that no value is off by more than 0.1 %. Undefined where news reached nobody.
 */
export function latencyHistogram(runs: readonly CompleteRun[]): Histogram | undefined {
  const histogram = build({ bitBucketSize: 32, numberOfSignificantValueDigits: 3, autoResize: true });
  // Clocks differ a little: what seems to have come before it was sent came at once.
  for (const at of messagesOf(runs).flatMap(deliveryLatencies))
    histogram.recordValue(Math.max(0, Math.round(at * 1_000)));
  return histogram.totalCount === 0 ? undefined : histogram;
}

/**
 * The histograms of all cells in the log format of HdrHistogram, 1.3, each with its cell as the tag: to be merged with those
 * of others, and read by any tool that reads such logs. Largest values are in milliseconds there.
 */
export function latencyHistogramLog(cells: readonly CellRuns[]): string {
  const lines: string[] = [];
  const writer = new HistogramLogWriter((line) => lines.push(line));
  writer.outputComment('[Latencies from the sender to each node that had the news, microseconds]');
  writer.outputLogFormatVersion();
  writer.outputLegend();
  for (const { cell, runs } of cells) {
    const histogram = latencyHistogram(runs);
    if (histogram === undefined) continue;
    histogram.tag = histogramTag(cell);
    const all = messagesOf(runs);
    const begins = all.map(({ sent }) => Date.parse(sent));
    const ends = all.map(({ sent, receipts }) => Date.parse(sent) + Math.max(0, receipts.at(-1)?.at ?? 0));
    histogram.startTimeStampMsec = begins.reduce((one, other) => Math.min(one, other));
    histogram.endTimeStampMsec = ends.reduce((one, other) => Math.max(one, other));
    writer.outputIntervalHistogram(histogram);
  }
  return lines.join('');
}

/** A tag ends with a comma, and has no spaces in it. */
const histogramTag = (cell: string): string => cell.trim().replaceAll(/[\s,]+/g, ';') || 'all';
