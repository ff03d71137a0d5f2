import { escapeXml } from '../../shared/escape-xml.ts';
import { summariseLinkConditions } from '../metrics/link-measurements.ts';
import { formatMetric } from '../metrics/metrics.ts';
import { summariseFailures } from '../results/failure-summary.ts';
import type { Results } from '../results/results-folder.ts';
import type { CellSummary } from '../results/summary.ts';

/** What kept news from going on; nothing where all of it came everywhere. */
export function failuresTable(experiment: Results['experiment'], rows: readonly CellSummary[]): string {
  const found = rows
    .map((row) => ({ row, stops: summariseFailures(row, experiment) }))
    .filter(({ stops: { undelivered: short } }) => short > 0);
  if (found.length === 0) return '';
  const headings = [...experiment.axes.map(({ name }) => name), 'messages', 'did not reach all', 'stopped at'];
  const lines = found.map(
    ({
      row: { parameters },
      stops: { messages, undelivered: short, causes: links, unreachable: cutOff, sendersDown: untold },
    }) => {
      const why = [
        ...links.map(([words, count]) => `${count} ${count === 1 ? 'link' : 'links'}: ${words}`),
        ...(cutOff > 0 ? [`${cutOff} nodes that no link led to`] : []),
        ...(untold > 0 ? [`${untold} senders that were not there`] : []),
      ];
      const cells = [String(messages), String(short)].map((one) => `<td>${one}</td>`).join('');
      const names = experiment.axes
        .map(({ name }) => `<th scope="row">${escapeXml(String(parameters[name]))}</th>`)
        .join('');
      return `<tr>${names}${cells}<td class="words">${why.map(escapeXml).join('<br>')}</td></tr>`;
    },
  );
  return renderTable(
    'Where news stopped',
    'Links from a node that had a message to one that never got it, over all messages, and what was in force there when the message was; stopped.csv has each of them.',
    headings,
    lines,
  );
}

/** What was asked of links beside what they were measured to do; nothing where nothing was. */
export function linkConditionsTable(rows: readonly CellSummary[]): string {
  const compared = summariseLinkConditions(rows.flatMap(({ runs }) => runs));
  if (compared.length === 0) return '';
  const lines = compared.flatMap(
    ({ conditions: asked, directionCount: ways, metrics: figures, outOfTolerance: outside }) =>
      figures.map(({ name, asked: wanted, least, middle, most }, index) => {
        const value = (one: number) => escapeXml(formatMeasurement(name, one));
        const first = index === 0 ? [asked, String(ways)] : ['', ''];
        const bad = index === 0 && outside > 0 ? String(outside) : '';
        return `<tr><th scope="row">${escapeXml(first[0]!)}</th><td>${first[1]}</td><td>${name}</td><td>${value(wanted)}</td><td>${value(middle)}<small>${value(least)}–${value(most)}</small></td><td>${bad}</td></tr>`;
      }),
  );
  const headings = ['asked of a link', 'ways measured', '', 'asked for', 'measured', 'outside'];
  return renderTable(
    'Link conditions, as asked for and as measured',
    'Before the first run on each network, over some of its links, with the network at rest: the median of what was measured, and from least to most. Outside: further off than 1 ms and 5 % for a round trip, 5 % for a rate, or the 95 % interval of what was counted for a loss.',
    headings,
    lines,
  );
}

function formatMeasurement(name: 'round trip' | 'loss' | 'rate', value: number): string {
  if (name === 'round trip') return `${formatMetric(value)} ms`;
  return name === 'loss' ? `${formatMetric(100 * value)} %` : `${formatMetric(value / 1e6)} Mbit/s`;
}

function renderTable(title: string, about: string, headings: readonly string[], lines: readonly string[]): string {
  return `<h2>${escapeXml(title)}</h2>
<p class="quiet">${escapeXml(about)}</p>
<div class="wide"><table>
<thead><tr>${headings.map((one) => `<th scope="col">${escapeXml(one)}</th>`).join('')}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table></div>`;
}
