import { escapeXml } from '../../shared/escape-xml.ts';
import { htmlPage } from '../../shared/html-page.ts';
import { messagesOf, metricNamed } from '../metrics/metrics.ts';
import { PLOT_WIDTH_PX } from '../plot/plot-document.ts';
import type { Results } from '../results/results-folder.ts';
import { type CellSummary, describeTooFewRuns } from '../results/summary.ts';
import { comparisonTable } from './comparison-table.ts';
import type { ReportChart } from './report-chart.ts';
import { failuresTable, linkConditionsTable, metricsTable } from './tables.ts';

/** Formats the report as one page. */
export function renderReportPage(
  { experiment, manifest, runs, failed }: Results,
  cells: readonly CellSummary[],
  charts: readonly ReportChart[],
): string {
  const { name, question, measure } = experiment;
  const total = runs.length < experiment.runs.length ? ` of ${experiment.runs.length}` : '';
  const started = manifest.began.slice(0, 16).replace('T', ' ');
  const tooFew = cells.length === 0 ? undefined : describeTooFewRuns(cells);
  const trees = charts.filter((chart) => chart.name.startsWith('infection'));
  const body = `<header>
<p class="name">${escapeXml(name)}</p>
<h1>${escapeXml(question)}</h1>
<p class="quiet">${runs.length}${total} runs, ${messagesOf(runs).length} messages, started ${escapeXml(started)} UTC</p>
</header>
<main>
${metricsTable(experiment, cells)}
${tooFew === undefined ? '' : `<p class="quiet">${escapeXml(tooFew)}. Where an answer matters, use ten: <code>--repeats</code>.</p>`}
${comparisonTable(experiment, cells)}
${failedRunsSection(failed)}
${figures(charts.filter((chart) => !trees.includes(chart)))}
${trees.length === 0 ? '' : `<h2>Propagation of one message</h2>\n<p class="quiet">In each cell, the message of median duration. The colour of a link is that of the time at which it delivered the message.</p>\n${figures(trees)}`}
${failuresTable(experiment, cells)}
${linkConditionsTable(cells)}
<h2>Metrics</h2>
<dl>${measure
    .map((name) => metricNamed(name))
    .map(({ title, description }) => `<dt>${escapeXml(title)}</dt><dd>${escapeXml(description)}</dd>`)
    .join('')}</dl>
<p class="quiet">Below each value: its 95 % interval. That of a share is Wilson's, over nodes or messages, of fewer where runs differ by more than chance.
Others come from resampling the runs 1,000 times, or the messages in a cell with a single run. Times are by the nodes' own clocks, which may differ
by up to two milliseconds.</p>
<h2>Reproduce</h2>
<p class="quiet">${escapeXml(formatVersions(manifest.versions))}. What everything random follows from:</p>
<dl>${Object.entries(manifest.randomness)
    .map(([what, from]) => `<dt>${escapeXml(what)}</dt><dd>${escapeXml(from)}</dd>`)
    .join('')}</dl>
<pre>${escapeXml(manifest.source)}</pre>
</main>`;
  return htmlPage({ title: name, css: CSS, body });
}

function formatVersions({ devnet, node, kernel, engine }: Results['manifest']['versions']): string {
  const versions = [`devnet ${devnet}`, engine, `kernel ${kernel}`, `Node.js ${node}`];
  return versions.filter((version) => version !== undefined).join(', ');
}

function failedRunsSection(failed: Results['failed']): string {
  if (failed.size === 0) return '';
  const items = [...failed].map(([key, why]) => `<li><b>${escapeXml(key)}</b> ${escapeXml(why)}</li>`);
  return `<section class="failed"><h2>Runs that failed</h2><ul>${items.join('')}</ul></section>`;
}

function figures(charts: readonly ReportChart[]): string {
  const figure = ({ draw }: ReportChart) => {
    const svg = draw('none');
    return `<figure${widthOf(svg) > PLOT_WIDTH_PX ? ' class="large"' : ''}>${svg}</figure>`;
  };
  return `<section class="plots">\n${charts.map(figure).join('\n')}\n</section>`;
}

const widthOf = (svg: string): number => Number(/ width="([\d.]+)"/.exec(svg)?.[1]);

/** Rules beside those that all reports share. */
const CSS = `
:root { --bad: #c8323c; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff6b6b; } }
.name { margin: 30px 0 0; color: var(--quiet); font-weight: 600; }
h1 { margin: 2px 0 6px; max-width: 34em; font-size: 27px; line-height: 1.25; }
h2 { margin: 36px 0 8px; font-size: 19px; }
.quiet { color: var(--quiet); max-width: 60em; margin: 0 0 14px; }
.wide { overflow-x: auto; }
table { margin: 18px 0 26px; }
th, td { padding: 6px 18px 6px 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th[scope=row] { font-weight: 600; text-align: left; }
td.words { text-align: left; }
thead th { color: var(--quiet); vertical-align: bottom; }
thead th:first-child { text-align: left; }
tbody tr:hover > * { background: var(--band); }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, ${PLOT_WIDTH_PX}px), 1fr)); gap: 26px 30px; align-items: start; }
figure { margin: 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figure.large { grid-column: 1 / -1; overflow-x: auto; }
figure.large svg { max-width: none; }
dl { max-width: 70em; }
dt { font-weight: 600; }
dd { color: var(--quiet); }
pre { padding: 12px 16px; margin-bottom: 50px; }
.failed h2, .failed b { color: var(--bad); }
@media (max-width: 750px) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 8px; } }
`;
