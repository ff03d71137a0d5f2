import { addToJobSummary, type JobSummarySection } from '../../../diagnostics/job-summary.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import { assertOutputFileWritable, readTextFile, writeOutputFile } from '../../../shared/files/text-file.ts';
import { assertImageReference } from '../../../shared/image-reference.ts';
import { isFailed } from '../../../spec/harness/spec-case.ts';
import { formatHtml, type ReportColumn } from '../../../spec/report/html.ts';
import { formatJson, parseJsonReport } from '../../../spec/report/json.ts';
import { formatJunit } from '../../../spec/report/junit.ts';
import { formatTap } from '../../../spec/report/tap.ts';
import { createLiveReport, formatCaseResult, formatSummary, type TextStyler } from '../../../spec/report/terminal.ts';
import { SECTIONS, type SuiteResult, selectCases } from '../../../spec/runner/run-suite.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { paint } from '../../output/format.ts';
import {
  type PreparedTarget,
  prepareAddress,
  prepareImage,
  prepareRunningNode,
  toTargetUnreachable,
} from './prepare-target.ts';

interface Options {
  image?: string[];
  node?: string[];
  port: number;
  list?: true;
  strict?: true;
  slow?: true;
  /** Seconds. */
  timeout?: number;
  parallel: number;
  json?: true;
  tap?: true;
  junit?: string;
  html?: string;
  beside?: string[];
}

export async function run(words: string[], options: Options): Promise<void> {
  const selectors = words.filter((word) => /^\d+(\.\d+)?$/.test(word));
  if (options.list) {
    listCases(selectors);
    return;
  }
  // Reports a wrong number, name or file before anything is started.
  selectCases(SECTIONS, selectors);
  for (const image of options.image ?? []) assertImageReference(image, '--image');
  for (const file of [options.junit, options.html]) if (file !== undefined) assertOutputFileWritable(file);
  const earlier = await Promise.all((options.beside ?? []).map(readEarlierReport));
  const { signal, release } = handleInterrupt();
  const addresses = words.filter((word) => !selectors.includes(word));
  const targets = listTargets(addresses, options, signal);
  if (targets.length > 1 && (options.junit !== undefined || options.tap)) {
    throw new DevnetError('usage', '--junit and --tap are reports about one node', {
      hint: '--html and --json show several nodes',
    });
  }
  const columns: ReportColumn[] = [];
  for (const prepare of targets) {
    const target = await prepare().catch((cause: unknown) => {
      throw toTargetUnreachable(cause);
    });
    try {
      const result = await runOnTarget(target, selectors, options, signal);
      columns.push({ name: target.name, result });
      addToJobSummary(toSummarySection(target.name, result));
    } catch (cause) {
      addToJobSummary({
        heading: `devnet spec ${target.name}: it could not be tested`,
        parts: [{ lines: [describeError(cause)] }],
      });
      throw toTargetUnreachable(cause);
    } finally {
      await target.release();
    }
  }
  release();
  const [first] = columns as [ReportColumn];
  if (options.junit !== undefined) writeOutputFile(options.junit, formatJunit(first.result, SECTIONS));
  if (options.html !== undefined) writeOutputFile(options.html, formatHtml([...columns, ...earlier], SECTIONS));
  if (!columns.every(({ result }) => result.passed)) process.exitCode = 1;
}

function listTargets(addresses: string[], options: Options, signal: AbortSignal): (() => Promise<PreparedTarget>)[] {
  const chosen = [
    ...addresses.map((text) => () => prepareAddress(text)),
    ...(options.node ?? []).map((text) => () => prepareRunningNode(text)),
    ...(options.image ?? []).map((image) => () => prepareImage(image, options.port, signal)),
  ];
  return chosen.length > 0 ? chosen : [() => prepareImage(undefined, options.port, signal)];
}

async function runOnTarget(
  target: PreparedTarget,
  selectors: string[],
  { json, tap, strict, slow, timeout, parallel }: Options,
  signal: AbortSignal,
): Promise<SuiteResult> {
  const isText = !json && !tap;
  const style: TextStyler = (format, text) => paint(format, text);
  const write = (text: string) => process.stdout.write(text);
  const onResult = createLiveReport(SECTIONS, selectCases(SECTIONS, selectors), write, style);
  if (isText) write(`${paint('bold', target.name)}\n`);
  const result = await target.run({
    selectors,
    signal,
    parallel,
    ...(strict ? { strict } : {}),
    ...(slow ? { slow } : {}),
    ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
    ...(isText ? { onResult } : {}),
  });
  write(json ? formatJson(result) : tap ? formatTap(result) : formatSummary(result, style));
  return result;
}

/** Returns the section of a job summary: the counts, and each failed case as on the terminal. */
function toSummarySection(name: string, result: SuiteResult): JobSummarySection {
  const failed = result.results.filter((one) => isFailed(one, result.strict));
  const lines = (text: string) => ({ lines: text.trim().split('\n') });
  return {
    heading: `devnet spec ${name}: ${result.passed ? 'it conforms' : `${failed.length} failed`}`,
    parts: [lines(formatSummary(result)), ...failed.map((one) => lines(formatCaseResult(one)))],
  };
}

function listCases(selectors: string[]): void {
  const chosen = new Set(selectCases(SECTIONS, selectors));
  for (const { number, title, cases } of SECTIONS) {
    const shown = cases.filter((one) => chosen.has(one));
    if (shown.length === 0) continue;
    process.stdout.write(`${paint('bold', `${number} ${title}`)}\n`);
    for (const one of shown) {
      const several = one.severalConnections ? paint('dim', ' (holds several connections open)') : '';
      process.stdout.write(`  ${one.number.padEnd(5)} ${one.title}${several}\n        ${paint('dim', one.rule)}\n`);
    }
  }
}

async function readEarlierReport(file: string): Promise<ReportColumn> {
  const hint = `devnet spec HOST:PORT --json > ${file}`;
  const text = await readTextFile(file, 'report', hint);
  try {
    const result = parseJsonReport(text);
    return { name: result.target, result };
  } catch (cause) {
    throw new DevnetError('file_unreadable', `${file} is not a JSON report of devnet spec: ${describeError(cause)}`, {
      hint,
      cause,
    });
  }
}
