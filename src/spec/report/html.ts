import { escapeXml } from '../../shared/escape-xml.ts';
import { htmlPage } from '../../shared/html-page.ts';
import { pluralize } from '../../shared/text.ts';
import type { CaseResult, SpecSection } from '../harness/spec-case.ts';
import { REPORTED_VERDICTS, type Verdict } from '../harness/verdict.ts';
import type { SuiteResult } from '../runner/run-suite.ts';
import { formatTranscript } from '../transport/transcript.ts';

/** Column of the page: the result of one node. */
export interface ReportColumn {
  /** Heading of the column, since several reports may be about the same address. */
  readonly name: string;
  readonly result: SuiteResult;
}

const VERDICT_STYLES: Record<Verdict, { css: string; label: string; meaning: string }> = {
  OK: { css: 'ok', label: 'OK', meaning: 'keeps the rule' },
  'NON-STRICT': { css: 'loose', label: 'Non-strict', meaning: 'misses a SHOULD, and still conforms' },
  FAIL: { css: 'fail', label: 'Fail', meaning: 'breaks the rule, or lacks what it is about' },
  INFO: { css: 'info', label: 'Info', meaning: 'for your information' },
  SKIPPED: { css: 'skip', label: '–', meaning: 'not tested, for the reason given' },
};

/**
 * Formats one page that compares any number of nodes: a row for each case, a column for each node, and behind every cell
 * the finding and the transcript.
 */
export function formatHtml(columns: readonly ReportColumn[], sections: readonly SpecSection[]): string {
  const passed = columns.filter(({ result }) => result.passed).length;
  const body = `<header>
<h1>Protocol spec</h1>
<p>${pluralize(columns.length, 'node')}, ${passed} without a failure. Open a cell for what was expected, what came, and the bytes.</p>
<ul class="legend">${REPORTED_VERDICTS.map(formatLegendItem).join('')}</ul>
</header>
<main>
<table>
<thead>
<tr><th scope="col" class="case">Case</th>${columns.map(formatHeading).join('')}</tr>
</thead>
${sections.map((section) => formatSection(section, columns)).join('\n')}
</table>
</main>`;
  return htmlPage({ title: `Protocol spec: ${columns.map(({ name }) => name).join(', ')}`, css: CSS, body });
}

function formatMark(verdict: Verdict, label = VERDICT_STYLES[verdict].label): string {
  return `<span class="mark ${VERDICT_STYLES[verdict].css}">${escapeXml(label)}</span>`;
}

function formatLegendItem(verdict: Verdict): string {
  return `<li>${formatMark(verdict)} ${VERDICT_STYLES[verdict].meaning}</li>`;
}

function formatHeading({ name, result }: ReportColumn): string {
  const { target, counts, duration, time } = result;
  const bar = REPORTED_VERDICTS.filter((verdict) => counts[verdict] > 0).map(
    (verdict) =>
      `<i class="${VERDICT_STYLES[verdict].css}" style="flex:${counts[verdict]}" title="${counts[verdict]} ${verdict}"></i>`,
  );
  const totals = `${counts.OK} OK, ${counts['NON-STRICT']} non-strict, ${counts.FAIL} failed, ${counts.SKIPPED} skipped`;
  const run = `${name === target ? '' : `${target}, `}${time.slice(0, 10)}, ${(duration / 1_000).toFixed(1)} s`;
  return `<th scope="col"><span class="name">${escapeXml(name)}</span><span class="bar">${bar.join('')}</span><small>${totals}<br>${escapeXml(run)}</small></th>`;
}

function formatSection({ number, title, cases }: SpecSection, columns: readonly ReportColumn[]): string {
  const resultsOf = columns.map(({ result }) => new Map(result.results.map((one) => [one.number, one])));
  const rows = cases
    .filter((one) => resultsOf.some((results) => results.has(one.number)))
    .map((one) => {
      const cells = resultsOf.map((results) => formatCell(results.get(one.number)));
      return `<tr><th scope="row" class="case"><span class="number">${one.number}</span> ${escapeXml(one.title)}<small>${escapeXml(one.rule)}</small></th>${cells.join('')}</tr>`;
    });
  if (rows.length === 0) return '';
  return `<tbody>\n<tr class="section"><th colspan="${columns.length + 1}" scope="colgroup">${number} ${escapeXml(title)}</th></tr>\n${rows.join('\n')}\n</tbody>`;
}

function formatCell(result: CaseResult | undefined): string {
  if (result === undefined) return '<td class="none">not run</td>';
  const { verdict, lacks, duration } = result;
  const mark = lacks === undefined ? formatMark(verdict) : formatMark(verdict, `lacks ${lacks}`);
  const took = duration >= 1_000 ? `<span class="took">${(duration / 1_000).toFixed(1)} s</span>` : '';
  return `<td><details><summary>${mark}${took}</summary>${formatFinding(result)}</details></td>`;
}

function formatFinding({ expected, got, reason, exchange }: CaseResult): string {
  const facts = Object.entries({ Expected: expected, Got: got, Note: reason })
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `<dt>${name}</dt><dd>${escapeXml(text ?? '')}</dd>`);
  const lines = formatTranscript(exchange).map((line) => {
    const [, timeAndPlace = '', what = line] = /^(.*? (?:->|<-|--) )(.*)$/.exec(line) ?? [];
    return `<b>${escapeXml(timeAndPlace.trim().replace(/ {2,}/g, '  '))}</b> ${escapeXml(what)}`;
  });
  return `${facts.length === 0 ? '' : `<dl>${facts.join('')}</dl>`}${lines.length === 0 ? '' : `<pre>${lines.join('\n')}</pre>`}`;
}

const CSS = `
:root { --ok: #1a7f37; --loose: #9a6700; --fail: #cf222e; --info: #0969da; --skip: #8b949e; }
@media (prefers-color-scheme: dark) {
  :root { --ok: #3fb950; --loose: #d29922; --fail: #f85149; --info: #58a6ff; --skip: #6e7681; }
}
h1 { margin: 28px 0 4px; font-size: 26px; }
header p { margin: 0; color: var(--quiet); }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 14px 0 18px; padding: 0; list-style: none; font-size: 13px; color: var(--quiet); }
table { width: 100%; table-layout: fixed; margin-bottom: 48px; }
th, td { padding: 7px 12px; text-align: left; }
thead th { position: sticky; top: 0; z-index: 1; background: var(--page); }
th.case { width: 36%; }
thead th.case { vertical-align: bottom; color: var(--quiet); }
.name { display: block; font-weight: 600; overflow-wrap: anywhere; }
.number { display: inline-block; min-width: 40px; font-variant-numeric: tabular-nums; color: var(--quiet); }
tbody th.case small { margin-left: 44px; }
.section th { padding-top: 26px; font-weight: 600; font-size: 17px; }
tr:hover > .case, tr:hover > td { background: var(--band); }
.bar { display: flex; gap: 1px; height: 6px; margin: 6px 0; border-radius: 3px; overflow: hidden; }
i.ok { background: var(--ok); } i.loose { background: var(--loose); } i.fail { background: var(--fail); }
i.info { background: var(--info); } i.skip { background: var(--skip); }
.mark { display: inline-block; min-width: 42px; padding: 0 8px; border: 1px solid currentColor; border-radius: 10px; font-size: 12px; line-height: 19px; text-align: center; }
.mark.ok { color: var(--ok); } .mark.loose { color: var(--loose); } .mark.info { color: var(--info); } .mark.skip { color: var(--skip); }
.mark.fail { color: var(--page); background: var(--fail); border-color: var(--fail); }
.took { margin-left: 8px; font-size: 12px; color: var(--quiet); }
.none { color: var(--skip); font-size: 12px; }
summary { cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; border-radius: 10px; }
dl { margin: 10px 0 6px; font-size: 13px; }
dt { color: var(--quiet); }
dd { overflow-wrap: anywhere; }
pre { margin: 6px 0 10px; padding: 8px 10px; max-height: 420px; white-space: pre-wrap; overflow-wrap: anywhere; }
pre b { font-weight: normal; color: var(--quiet); }
@media (max-width: 750px) { th, td { padding: 6px; } th.case { width: 44%; } }
`;
