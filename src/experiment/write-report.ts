import { png } from '../picture/index.ts';
import { latencyLog } from './latency-histogram.ts';
import { drawings } from './report/charts.ts';
import { reportPage } from './report/html.ts';
import type { Results, ResultsFolder } from './results.ts';
import { stopsCsv } from './stops.ts';
import { summarise, toCsv } from './summary.ts';

/** Writes what follows from the samples: the table, the pictures, and the page with both. */
export async function writeReport(folder: ResultsFolder, results: Results): Promise<void> {
  const { experiment, runs } = results;
  const rows = summarise(experiment, runs);
  const axes = experiment.axes.map(({ name }) => name);
  await folder.write('summary.csv', toCsv(axes, rows));
  await folder.write('stopped.csv', stopsCsv(experiment, runs));
  if (runs.some(({ samples }) => samples.length > 0)) await folder.write('latencies.hlog', latencyLog(rows));
  const drawn = drawings(experiment, rows);
  for (const { name, draw } of drawn) {
    const drawing = draw('white');
    await folder.write(`${name}.svg`, drawing);
    await folder.write(`${name}.png`, await png(drawing));
  }
  await folder.write('report.html', reportPage(results, rows, drawn));
}
