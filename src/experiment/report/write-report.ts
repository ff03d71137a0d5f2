import { renderPng } from '../../graph-drawing/index.ts';
import { latencyHistogramLog } from '../metrics/latency-histogram.ts';
import { messagesOf } from '../metrics/metrics.ts';
import { failuresCsv } from '../results/failure-summary.ts';
import type { Results, ResultsFolder } from '../results/results-folder.ts';
import { summariseCells, summaryCsv } from '../results/summary.ts';
import { createReportCharts } from './charts.ts';
import { comparisonsCsv } from './comparison-table.ts';
import { renderReportPage } from './report-page.ts';

/** Writes everything that follows from the samples: tables, pictures and the page. */
export async function writeReport(folder: ResultsFolder, results: Results): Promise<void> {
  const { experiment, runs } = results;
  const cells = summariseCells(experiment, runs);
  await folder.write('summary.csv', summaryCsv(experiment, cells));
  await folder.write('comparisons.csv', comparisonsCsv(experiment, cells));
  await folder.write('stopped.csv', failuresCsv(experiment, runs));
  if (messagesOf(runs).length > 0) await folder.write('latencies.hlog', latencyHistogramLog(cells));
  const charts = createReportCharts(experiment, cells);
  for (const { name, draw } of charts) {
    const svg = draw('white');
    await folder.write(`${name}.svg`, svg);
    await folder.write(`${name}.png`, await renderPng(svg));
  }
  await folder.write('report.html', renderReportPage(results, cells, charts));
}
