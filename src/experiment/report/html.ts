import { htmlPage } from '../../html.ts';
import { escapeXml } from '../../xml.ts';
import { FIGURES, formatFigure } from '../figures.ts';
import type { Results } from '../results.ts';
import type { Estimate } from '../statistics.ts';
import type { Row } from '../summary.ts';
import type { Drawing } from './charts.ts';
import { style } from './style.ts';
import { conditionsTable, stopsTable } from './tables.ts';

/** One page with all there is to know. */
export function reportPage(
  { experiment, record, runs, failed }: Results,
  rows: readonly Row[],
  drawn: readonly Drawing[],
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
${table(experiment, rows)}
${failures(failed)}
<section class="plots">
${plots.map(figure).join('\n')}
</section>
${graphs.length === 0 ? '' : `<h2>The way of one message</h2>\n<p class="quiet">Of each, the message that took as long as most. A line has the colour of the moment at which it brought the news.</p>\n<section class="plots">\n${graphs.map(figure).join('\n')}\n</section>`}
${stopsTable(experiment, rows)}
${conditionsTable(rows)}
<h2>What the figures say</h2>
<dl>${experiment.measure.map((name) => `<dt>${escapeXml(FIGURES[name].title)}</dt><dd>${escapeXml(FIGURES[name].about)}</dd>`).join('')}</dl>
<p class="quiet">In parentheses: 95 % intervals, by drawing runs anew 1,000 times; of a cell with a single run, its messages. Times are by
the nodes' own clocks, which may differ by up to two milliseconds.</p>
<h2>To do it again</h2>
<p class="quiet">${escapeXml(versions(record.versions))}. Graphs and senders follow from the seeds in the file.</p>
<pre>${escapeXml(record.source)}</pre>
</main>`;
  return htmlPage({ title: experiment.name, style, body });
}

function versions({ devnet, node, kernel, engine }: Results['record']['versions']): string {
  return [`devnet ${devnet}`, ...(engine === undefined ? [] : [engine]), `kernel ${kernel}`, `Node.js ${node}`].join(
    ', ',
  );
}

function table(experiment: Results['experiment'], rows: readonly Row[]): string {
  const headings = [
    ...experiment.axes.map(({ name }) => `<th scope="col">${escapeXml(name)}</th>`),
    '<th scope="col">runs</th>',
    ...experiment.measure.map((name) => {
      const { title, unit, about } = FIGURES[name];
      const small = unit === '' || unit === title ? '' : `<small>${unit}</small>`;
      return `<th scope="col" title="${escapeXml(about)}">${escapeXml(title)}${small}</th>`;
    }),
  ];
  const lines = rows.map(
    ({ parameters, runs, figures }) =>
      `<tr>${[
        ...experiment.axes.map(({ name }) => `<th scope="row">${escapeXml(String(parameters[name]))}</th>`),
        `<td>${runs.length}</td>`,
        ...experiment.measure.map((name) => `<td>${cell(figures[name])}</td>`),
      ].join('')}</tr>`,
  );
  return `<div class="wide"><table>\n<thead><tr>${headings.join('')}</tr></thead>\n<tbody>\n${lines.join('\n')}\n</tbody>\n</table></div>`;
}

function cell({ value, low, high }: Estimate): string {
  const interval =
    low === null || high === null || low === high ? '' : `<small>${formatFigure(low)}–${formatFigure(high)}</small>`;
  return `${formatFigure(value)}${interval}`;
}

function failures(failed: Results['failed']): string {
  if (failed.size === 0) return '';
  const items = [...failed].map(([key, why]) => `<li><b>${escapeXml(key)}</b> ${escapeXml(why)}</li>`);
  return `<section class="failed"><h2>Runs that failed</h2><ul>${items.join('')}</ul></section>`;
}

function figure({ draw }: Drawing): string {
  return `<figure>${draw('page')}</figure>`;
}
