import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { addToJobSummary, type JobSummarySection } from '../../../diagnostics/job-summary-index.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import { isFailed } from '../../../spec/harness/spec-case.ts';
import { formatHtml, type ReportColumn } from '../../../spec/report/html.ts';
import { formatJson, parseJsonReport } from '../../../spec/report/json.ts';
import { formatJunit } from '../../../spec/report/junit.ts';
import { formatTap } from '../../../spec/report/tap.ts';
import { createLiveReport, formatCaseResult, formatSummary, type TextStyler } from '../../../spec/report/terminal.ts';
import { SECTIONS, type SuiteResult, selectCases } from '../../../spec/runner/run-suite.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { collectValues, parseSecondsOption, parseWholeNumberOption } from '../../input/option-parsers.ts';
import { paint } from '../../output/format.ts';
import { type PreparedTarget, prepareAddress, prepareImage, prepareRunningNode } from './prepare-target.ts';
import { toTargetUnreachable } from './target-unreachable.ts';

interface Options {
  image?: string[];
  node?: string[];
  port: number;
  list?: true;
  strict?: true;
  slow?: true;
  timeout?: number;
  json?: true;
  tap?: true;
  junit?: string;
  html?: string;
  beside?: string[];
}

export const specCommand = (): Command =>
  new Command('spec')
    .summary('check a node, in any language, against the protocol')
    .description(
      'Tries a node on every rule of the protocol. Name it by address, by --node or by --image; without any, the bundled\n' +
        'node is tried. A case is chosen by its number, a section by its own: 4.7, 1. Several nodes are tried one after\n' +
        'another: --node, --image and --beside may be given several times. Exit status: 0 when nothing failed, 1 when\n' +
        'something did, 2 when a node could not be reached.',
    )
    .argument('[what...]', 'HOST:PORT of nodes, and numbers of cases or sections')
    .option('--image <image>', 'start this image on a network of its own, and remove it afterwards', collectValues)
    .option('--node <node>', 'a running node: DEVNET/NODE, or NODE where only one devnet runs', collectValues)
    .option('--port <port>', 'port that an --image listens on', parseWholeNumberOption, 3000)
    .option('--list', 'list the cases and their rules')
    .option('--strict', 'count a missed SHOULD as failed')
    .option('--slow', 'also try what takes minutes')
    .option('--timeout <seconds>', 'how long to wait for anything that should come', parseSecondsOption)
    .option('--json', 'the results as JSON')
    .option('--tap', 'the results as TAP')
    .option('--junit <file>', 'write a JUnit report')
    .option('--html <file>', 'write a page that shows the nodes side by side')
    .option('--beside <file>', 'an earlier --json report to show in --html as well', collectValues)
    .addHelpText(
      'after',
      `
Examples:
  devnet spec 127.0.0.1:3000            every case, against a node that listens there
  devnet spec 127.0.0.1:3000 1 4.7      section 1 and case 4.7
  devnet spec --image my-node --junit report.xml
  devnet spec --node ring/n3 --html spec.html`,
    )
    .action(run);

async function run(what: string[], options: Options): Promise<void> {
  const selectors = what.filter((word) => /^\d+(\.\d+)?$/.test(word));
  if (options.list) {
    listCases(selectors);
    return;
  }
  selectCases(SECTIONS, selectors); // A wrong number is told before anything is started.
  const earlier = (options.beside ?? []).map(readEarlierReport);
  const interrupt = handleInterrupt(() => process.exit(130));
  const makers = selectTargets(
    what.filter((word) => !selectors.includes(word)),
    options,
    interrupt.signal,
  );
  if (makers.length > 1 && (options.junit !== undefined || options.tap)) {
    throw new DevnetError('usage', '--junit and --tap are reports about one node', {
      hint: '--html shows several, --json too',
    });
  }
  const columns: ReportColumn[] = [];
  for (const make of makers) {
    const subject = await make().catch((cause: unknown) => {
      throw toTargetUnreachable(cause);
    });
    try {
      columns.push({ name: subject.name, result: await runOnTarget(subject, selectors, options, interrupt.signal) });
      const { result } = columns.at(-1) as ReportColumn;
      addToJobSummary(toSummarySection(subject.name, result));
    } catch (cause) {
      addToJobSummary({
        heading: `devnet spec ${subject.name}: it could not be tried`,
        parts: [{ lines: [describeError(cause)] }],
      });
      throw toTargetUnreachable(cause);
    } finally {
      await subject.release();
    }
  }
  interrupt.release();
  const [first] = columns as [ReportColumn];
  if (options.junit !== undefined) writeFileSync(options.junit, formatJunit(first.result, SECTIONS));
  if (options.html !== undefined) writeFileSync(options.html, formatHtml([...columns, ...earlier], SECTIONS));
  if (!columns.every(({ result }) => result.passed)) process.exitCode = 1;
}

function selectTargets(addresses: string[], options: Options, signal: AbortSignal): (() => Promise<PreparedTarget>)[] {
  const chosen = [
    ...addresses.map((text) => () => prepareAddress(text)),
    ...(options.node ?? []).map((text) => () => prepareRunningNode(text)),
    ...(options.image ?? []).map((image) => () => prepareImage(image, options.port, signal)),
  ];
  return chosen.length > 0 ? chosen : [() => prepareImage(undefined, options.port, signal)];
}

async function runOnTarget(
  subject: PreparedTarget,
  selectors: string[],
  options: Options,
  signal: AbortSignal,
): Promise<SuiteResult> {
  const forPeople = !options.json && !options.tap;
  const colours: TextStyler = (style, text) => paint(style, text);
  const show = createLiveReport(
    SECTIONS,
    selectCases(SECTIONS, selectors),
    (text) => process.stdout.write(text),
    colours,
  );
  if (forPeople) process.stdout.write(`${paint('bold', subject.name)}\n`);
  const result = await subject.run({
    selectors,
    signal,
    ...(options.strict ? { strict: true } : {}),
    ...(options.slow ? { slow: true } : {}),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout * 1000 }),
    ...(forPeople ? { onResult: show } : {}),
  });
  if (options.json) process.stdout.write(formatJson(result));
  else if (options.tap) process.stdout.write(formatTap(result));
  else process.stdout.write(formatSummary(result, colours));
  return result;
}

/** What a job's summary says of a node: how many cases, and of each that failed what the terminal says. */
function toSummarySection(name: string, result: SuiteResult): JobSummarySection {
  const wrong = result.results.filter((one) => isFailed(one, result.strict));
  const lines = (text: string) => ({ lines: text.trim().split('\n') });
  return {
    heading: `devnet spec ${name}: ${result.passed ? 'it conforms' : `${wrong.length} failed`}`,
    parts: [lines(formatSummary(result)), ...wrong.map((one) => lines(formatCaseResult(one)))],
  };
}

function listCases(selectors: string[]): void {
  const chosen = new Set(selectCases(SECTIONS, selectors));
  for (const { number, title, cases } of SECTIONS) {
    const shown = cases.filter((one) => chosen.has(one));
    if (shown.length === 0) continue;
    process.stdout.write(`${paint('bold', `${number} ${title}`)}\n`);
    for (const one of shown)
      process.stdout.write(`  ${one.number.padEnd(5)} ${one.title}\n        ${paint('dim', one.rule)}\n`);
  }
}

function readEarlierReport(file: string): ReportColumn {
  try {
    const result = parseJsonReport(readFileSync(file, 'utf8'));
    return { name: result.target, result };
  } catch (cause) {
    throw new DevnetError('file_unreadable', `${file} is no report: ${(cause as Error).message}`, {
      hint: `devnet spec HOST:PORT --json > ${file}`,
      cause,
    });
  }
}
