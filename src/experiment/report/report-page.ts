import { escapeXml } from '../../shared/escape-xml.ts';
import { htmlPage } from '../../shared/html-page.ts';
import { formatMetric, METRICS } from '../metrics/metrics.ts';
import type { IntervalEstimate } from '../metrics/statistics.ts';
import type { Results } from '../results/results-folder.ts';
import type { CellSummary } from '../results/summary.ts';
import type { ReportChart } from './charts.ts';
import { REPORT_CSS } from './page-style.ts';
import { failuresTable, linkConditionsTable } from './tables.ts';

/** One page with all there is to know. */
export function renderReportPage(
  { experiment, manifest: record, runs, failed }: Results,
  rows: readonly CellSummary[],
  drawn: readonly ReportChart[],
): string {
  const messages = runs.reduce((sum, { samples }) => sum + samples.length, 0);
  const of = runs.length < experiment.runs.length ? ` of ${experiment.runs.length}` : '';
  const graphs = drawn.filter(({ name }) => name.startsWith('infection'));
  const plots = drawn.filter((one) => !graphs.includes(one));
  const body = `<header>
<p class="name">${escapeXml(experiment.name)}</p>
<h1>${escapeXml(experiment.question)}</h1>
<p class="quiet">${runs.length}${of} runs, ${messages} messages, begun ${escapeXml(record.began.slice(0, 16).replace('T', ' '))} UTC</p>
</header>
<main>
${metricsTable(experiment, rows)}
${failedRunsSection(failed)}
<section class="plots">
${plots.map(renderFigure).join('\n')}
</section>
${graphs.length === 0 ? '' : `<h2>The way of one message</h2>\n<p class="quiet">Of each, the message that took as long as most. A line has the colour of the moment at which it brought the news.</p>\n<section class="plots">\n${graphs.map(renderFigure).join('\n')}\n</section>`}
${failuresTable(experiment, rows)}
${linkConditionsTable(rows)}
<h2>What the figures say</h2>
<dl>${experiment.measure.map((name) => `<dt>${escapeXml(METRICS[name].title)}</dt><dd>${escapeXml(METRICS[name].description)}</dd>`).join('')}</dl>
<p class="quiet">In parentheses: 95 % intervals, by drawing runs anew 1,000 times; of a cell with a single run, its messages. Times are by
the nodes' own clocks, which may differ by up to two milliseconds.</p>
<h2>To do it again</h2>
<p class="quiet">${escapeXml(formatVersions(record.versions))}. Graphs and senders follow from the seeds in the file.</p>
<pre>${escapeXml(record.source)}</pre>
</main>`;
  return htmlPage({ title: experiment.name, css: REPORT_CSS, body });
}

function formatVersions({ devnet, node, kernel, engine }: Results['manifest']['versions']): string {
  return [`devnet ${devnet}`, ...(engine === undefined ? [] : [engine]), `kernel ${kernel}`, `Node.js ${node}`].join(
    ', ',
  );
}

function metricsTable(experiment: Results['experiment'], rows: readonly CellSummary[]): string {
  const headings = [
    ...experiment.axes.map(({ name }) => `<th scope="col">${escapeXml(name)}</th>`),
    '<th scope="col">runs</th>',
    ...experiment.measure.map((name) => {
      const { title, unit, description: about } = METRICS[name];
      const small = unit === '' || unit === title ? '' : `<small>${unit}</small>`;
      return `<th scope="col" title="${escapeXml(about)}">${escapeXml(title)}${small}</th>`;
    }),
  ];
  const lines = rows.map(
    ({ parameters, runs, metrics: figures }) =>
      `<tr>${[
        ...experiment.axes.map(({ name }) => `<th scope="row">${escapeXml(String(parameters[name]))}</th>`),
        `<td>${runs.length}</td>`,
        ...experiment.measure.map((name) => `<td>${formatInterval(figures[name])}</td>`),
      ].join('')}</tr>`,
  );
  return `<div class="wide"><table>\n<thead><tr>${headings.join('')}</tr></thead>\n<tbody>\n${lines.join('\n')}\n</tbody>\n</table></div>`;
}

function formatInterval({ value, low, high }: IntervalEstimate): string {
  const interval =
    low === null || high === null || low === high ? '' : `<small>${formatMetric(low)}–${formatMetric(high)}</small>`;
  return `${formatMetric(value)}${interval}`;
}

function failedRunsSection(failed: Results['failed']): string {
  if (failed.size === 0) return '';
  const items = [...failed].map(([key, why]) => `<li><b>${escapeXml(key)}</b> ${escapeXml(why)}</li>`);
  return `<section class="failed"><h2>Runs that failed</h2><ul>${items.join('')}</ul></section>`;
}

function renderFigure({ draw }: ReportChart): string {
  return `<figure>${draw('page')}</figure>`;
}
