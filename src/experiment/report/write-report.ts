import { renderPng } from '../../graph-drawing/index.ts';
import { latencyHistogramLog } from '../metrics/latency-histogram.ts';
import { failuresCsv } from '../results/failure-summary.ts';
import type { Results, ResultsFolder } from '../results/results-folder.ts';
import { summariseCells, summaryCsv } from '../results/summary.ts';
import { createReportCharts } from './charts.ts';
import { renderReportPage } from './report-page.ts';

/** Writes what follows from the samples: the table, the pictures, and the page with both. */
export async function writeReport(folder: ResultsFolder, results: Results): Promise<void> {
  const { experiment, runs } = results;
  const rows = summariseCells(experiment, runs);
  const axes = experiment.axes.map(({ name }) => name);
  await folder.write('summary.csv', summaryCsv(axes, rows));
  await folder.write('stopped.csv', failuresCsv(experiment, runs));
  if (runs.some(({ samples }) => samples.length > 0)) await folder.write('latencies.hlog', latencyHistogramLog(rows));
  const drawn = createReportCharts(experiment, rows);
  for (const { name, draw } of drawn) {
    const drawing = draw('white');
    await folder.write(`${name}.svg`, drawing);
    await folder.write(`${name}.png`, await renderPng(drawing));
  }
  await folder.write('report.html', renderReportPage(results, rows, drawn));
}
