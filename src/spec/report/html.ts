import { escapeXml } from '../../shared/escape-xml.ts';
import { htmlPage } from '../../shared/html-page.ts';
import type { CaseResult, SpecSection } from '../harness/spec-case.ts';
import type { Verdict } from '../harness/verdict.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import { reportCss } from './html-style.ts';
import { formatTranscript } from './terminal.ts';

/** A column of the page: what was found about one node. */
export interface ReportColumn {
  /** What to call it; two reports about one address would look the same otherwise. */
  readonly name: string;
  readonly result: SuiteResult;
}

const VERDICT_MEANINGS: Record<Verdict, string> = {
  OK: 'the rule is kept',
  'NON-STRICT': 'a SHOULD is missed, and the node conforms all the same',
  FAIL: 'the rule is broken, or what it is about is missing',
  INFO: 'something to know',
  SKIPPED: 'not tried, for the reason given',
};
const CSS_CLASSES: Record<Verdict, string> = {
  OK: 'ok',
  'NON-STRICT': 'loose',
  FAIL: 'fail',
  INFO: 'info',
  SKIPPED: 'skip',
};
const SHORT_LABELS: Record<Verdict, string> = {
  OK: 'OK',
  'NON-STRICT': 'Non-strict',
  FAIL: 'Fail',
  INFO: 'Info',
  SKIPPED: '–',
};
/** As a reader wants them: how good, and then what there is beside that. */
const VERDICT_ORDER: readonly Verdict[] = ['OK', 'NON-STRICT', 'FAIL', 'INFO', 'SKIPPED'];
/** Lines of an exchange that a page shows. */
const MAX_TRANSCRIPT_LINES = 60;

/**
 * One page for any number of nodes side by side: a row for each case, a column for each node, and behind every cell the
 * finding and the bytes.
 */
export function formatHtml(columns: readonly ReportColumn[], sections: readonly SpecSection[]): string {
  const title = `Protocol spec: ${columns.map(({ name }) => name).join(', ')}`;
  const body = `<header>
<h1>Protocol spec</h1>
<p>${escapeXml(summaryOf(columns))}</p>
<ul class="legend">${VERDICT_ORDER.map(legend).join('')}</ul>
</header>
<main>
<table>
<thead>
<tr><th scope="col" class="case">Case</th>${columns.map(heading).join('')}</tr>
</thead>
${sections.map((section) => sectionRows(section, columns)).join('\n')}
</table>
</main>`;
  return htmlPage({ title, style: reportCss, body });
}

function summaryOf(columns: readonly ReportColumn[]): string {
  const passed = columns.filter(({ result }) => result.passed).length;
  const nodes = `${columns.length} ${columns.length === 1 ? 'node' : 'nodes'}`;
  return `${nodes}, ${passed} of them without a failure. A cell opens to what was expected, what came, and the bytes.`;
}

function legend(verdict: Verdict): string {
  return `<li><span class="mark ${CSS_CLASSES[verdict]}">${SHORT_LABELS[verdict]}</span> ${escapeXml(VERDICT_MEANINGS[verdict])}</li>`;
}

function heading({ name, result }: ReportColumn): string {
  const { target, counts, duration, time } = result;
  const parts = VERDICT_ORDER.filter((verdict) => counts[verdict] > 0).map(
    (verdict) =>
      `<i class="${CSS_CLASSES[verdict]}" style="flex:${counts[verdict]}" title="${counts[verdict]} ${verdict}"></i>`,
  );
  const figures = `${counts.OK} OK, ${counts['NON-STRICT']} non-strict, ${counts.FAIL} failed, ${counts.SKIPPED} skipped`;
  const where = `${name === target ? '' : `${target}, `}${time.slice(0, 10)}, ${(duration / 1_000).toFixed(1)} s`;
  return `<th scope="col"><span class="name">${escapeXml(name)}</span><span class="bar">${parts.join('')}</span><small>${figures}<br>${escapeXml(where)}</small></th>`;
}

function sectionRows({ number, title, cases }: SpecSection, columns: readonly ReportColumn[]): string {
  const maps = columns.map(({ result }) => new Map(result.results.map((one) => [one.number, one])));
  const rows = cases
    .filter((one) => maps.some((map) => map.has(one.number)))
    .map(
      (one) =>
        `<tr><th scope="row" class="case"><span class="number">${one.number}</span> ${escapeXml(one.title)}<small>${escapeXml(one.rule)}</small></th>${maps.map((map) => cell(map.get(one.number))).join('')}</tr>`,
    );
  if (rows.length === 0) return '';
  return `<tbody>\n<tr class="section"><th colspan="${columns.length + 1}" scope="colgroup">${number} ${escapeXml(title)}</th></tr>\n${rows.join('\n')}\n</tbody>`;
}

function cell(result: CaseResult | undefined): string {
  if (result === undefined) return '<td class="none">not run</td>';
  const { verdict, lacks, duration } = result;
  const mark = `<span class="mark ${CSS_CLASSES[verdict]}">${lacks === undefined ? SHORT_LABELS[verdict] : `lacks ${escapeXml(lacks)}`}</span>`;
  const took = duration >= 1_000 ? `<span class="took">${(duration / 1_000).toFixed(1)} s</span>` : '';
  return `<td><details><summary>${mark}${took}</summary>${finding(result)}</details></td>`;
}

function finding({ expected, got, reason, exchange }: CaseResult): string {
  const facts = Object.entries({ Expected: expected, Got: got, Note: reason })
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `<dt>${name}</dt><dd>${escapeXml(text ?? '')}</dd>`);
  const list = facts.length === 0 ? '' : `<dl>${facts.join('')}</dl>`;
  const lines = formatTranscript(exchange, MAX_TRANSCRIPT_LINES).map((line) => {
    // When and where is less to look at than what.
    const [, place = '', what = line] = /^(.*? (?:->|<-|--) )(.*)$/.exec(line) ?? [];
    return `<b>${escapeXml(place.trim().replace(/ {2,}/g, '  '))}</b> ${escapeXml(what)}`;
  });
  return `${list}${lines.length === 0 ? '' : `<pre>${lines.join('\n')}</pre>`}`;
}
