import { build, type Histogram, HistogramLogWriter } from 'hdr-histogram-js';
import { deliveryLatencies, messagesOf } from './metrics.ts';
import type { CompleteRun } from './samples.ts';

/**
 * Returns an HDR histogram (Tene, hdrhistogram.org) of the latencies of all messages of some runs, in microseconds. Three
 * digits: no value is off by more than 0.1 %. Undefined where no message reached anybody.
 */
export function latencyHistogram(runs: readonly CompleteRun[]): Histogram | undefined {
  const histogram = build({ bitBucketSize: 32, numberOfSignificantValueDigits: 3, autoResize: true });
  // Clocks differ a little: a receipt that seems to precede the message counts as immediate.
  for (const at of messagesOf(runs).flatMap(deliveryLatencies))
    histogram.recordValue(Math.max(0, Math.round(at * 1_000)));
  return histogram.totalCount === 0 ? undefined : histogram;
}

/**
 * Writes the histograms of all cells in HdrHistogram's log format 1.3, tagged with their cells, for any tool that reads or
 * merges such logs. The format gives largest values in milliseconds.
 */
export function latencyHistogramLog(cells: readonly { cell: string; runs: readonly CompleteRun[] }[]): string {
  const lines: string[] = [];
  const writer = new HistogramLogWriter((line) => lines.push(line));
  writer.outputComment('[Latencies from the sender to each node that had the news, microseconds]');
  writer.outputLogFormatVersion();
  writer.outputLegend();
  for (const { cell, runs } of cells) {
    const histogram = latencyHistogram(runs);
    if (histogram === undefined) continue;
    // A tag ends at a comma and cannot hold spaces.
    histogram.tag = cell.trim().replaceAll(/[\s,]+/g, ';') || 'all';
    histogram.startTimeStampMsec = Number.POSITIVE_INFINITY;
    histogram.endTimeStampMsec = 0;
    for (const { sent, receipts } of messagesOf(runs)) {
      const sentAtMs = Date.parse(sent);
      histogram.startTimeStampMsec = Math.min(histogram.startTimeStampMsec, sentAtMs);
      histogram.endTimeStampMsec = Math.max(
        histogram.endTimeStampMsec,
        sentAtMs + Math.max(0, receipts.at(-1)?.at ?? 0),
      );
    }
    writer.outputIntervalHistogram(histogram);
  }
  return lines.join('');
}
