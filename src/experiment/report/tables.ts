import { escapeXml } from '../../shared/escape-xml.ts';
import { pluralize } from '../../shared/text.ts';
import { summariseLinkConditions } from '../metrics/link-measurements.ts';
import { formatMetric, metricNamed } from '../metrics/metrics.ts';
import type { IntervalEstimate } from '../metrics/statistics.ts';
import type { Experiment } from '../plan/experiment.ts';
import { summariseFailures } from '../results/failure-summary.ts';
import { type CellSummary, estimateOf } from '../results/summary.ts';

/** Every metric of every cell, with intervals. */
export function metricsTable({ axes, measure }: Experiment, cells: readonly CellSummary[]): string {
  const headings = measure.map((name) => {
    const { title, unit, description } = metricNamed(name);
    const small = unit === '' || title.endsWith(unit) ? '' : `<small>${unit}</small>`;
    return `<th scope="col" title="${escapeXml(description)}">${escapeXml(title)}${small}</th>`;
  });
  const rows = cells.map((cell) => [
    ...parameterCells(axes, cell.parameters),
    td(String(cell.runs.length)),
    ...measure.map((name) => `<td>${formatInterval(estimateOf(cell, name))}</td>`),
  ]);
  return table([...[...axes.map(({ name }) => name), 'runs'].map(columnHeading), ...headings], rows);
}

function formatInterval({ value, low, high }: IntervalEstimate): string {
  const hasInterval = low !== null && high !== null && low !== high;
  return `${formatMetric(value)}${hasInterval ? `<small>${formatMetric(low)}–${formatMetric(high)}</small>` : ''}`;
}

/** Returns a table of the reasons that messages did not reach every node; empty where all of them did. */
export function failuresTable({ axes, runs }: Experiment, cells: readonly CellSummary[]): string {
  const rows = cells.flatMap((cell) => {
    const { messages, undelivered, causes, unreachable, sendersDown } = summariseFailures(cell, { runs });
    if (undelivered === 0) return [];
    const reasons = [
      ...causes.map(([cause, count]) => `${pluralize(count, 'link')}: ${cause}`),
      ...(unreachable > 0 ? [`${pluralize(unreachable, 'node')} that no link led to`] : []),
      ...(sendersDown > 0 ? [`${pluralize(sendersDown, 'sender')} down`] : []),
    ];
    return [
      [
        ...parameterCells(axes, cell.parameters),
        td(String(messages)),
        td(String(undelivered)),
        `<td class="words">${reasons.map(escapeXml).join('<br>')}</td>`,
      ],
    ];
  });
  if (rows.length === 0) return '';
  const headings = [...axes.map(({ name }) => name), 'messages', 'did not reach all', 'stopped at'];
  return section(
    'Undelivered messages',
    'Links from a node that had a message to one that never received it, over all messages, and what was in force there at that time; stopped.csv lists each of them.',
    table(headings.map(columnHeading), rows),
  );
}

/** Declared link conditions beside the measured ones; empty where none were measured. */
export function linkConditionsTable(cells: readonly CellSummary[]): string {
  const rows = summariseLinkConditions(cells.flatMap(({ runs }) => runs)).flatMap(
    ({ conditions, directionCount, metrics, outOfTolerance }) =>
      metrics.map(({ name, declared, min, median, max }, index) => {
        const format = (value: number) => escapeXml(formatMeasurement(name, value));
        const isFirst = index === 0;
        return [
          `<th scope="row">${isFirst ? escapeXml(conditions) : ''}</th>`,
          td(isFirst ? String(directionCount) : ''),
          td(name),
          td(format(declared)),
          `<td>${format(median)}<small>${format(min)}–${format(max)}</small></td>`,
          td(isFirst && outOfTolerance > 0 ? String(outOfTolerance) : ''),
        ];
      }),
  );
  if (rows.length === 0) return '';
  const headings = ['declared conditions', 'links measured', '', 'declared', 'measured', 'out of tolerance'];
  return section(
    'Link conditions: declared and measured',
    'Measured before a run, over some links with conditions that no earlier run had, with the network at rest: median, minimum and maximum. Out of tolerance: a round trip off by more than 1 ms and 5 %, a rate off by more than 5 %, or a loss outside the 95 % interval of what was counted.',
    table(headings.map(columnHeading), rows),
  );
}

function formatMeasurement(name: 'round trip' | 'loss' | 'rate', value: number): string {
  if (name === 'round trip') return `${formatMetric(value)} ms`;
  return name === 'loss' ? `${formatMetric(100 * value)} %` : `${formatMetric(value / 1e6)} Mbit/s`;
}

const parameterCells = (axes: Experiment['axes'], parameters: CellSummary['parameters']): string[] =>
  axes.map(({ name }) => `<th scope="row">${escapeXml(String(parameters[name]))}</th>`);

const td = (content: string): string => `<td>${content}</td>`;
const columnHeading = (title: string): string => `<th scope="col">${escapeXml(title)}</th>`;

export const section = (title: string, description: string, content: string): string =>
  `<h2>${escapeXml(title)}</h2>\n<p class="quiet">${escapeXml(description)}</p>\n${content}`;

export const table = (headings: readonly string[], rows: readonly string[][]): string =>
  `<div class="wide"><table>
<thead><tr>${headings.join('')}</tr></thead>
<tbody>
${rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('\n')}
</tbody>
</table></div>`;
