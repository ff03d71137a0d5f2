import { addToJobSummary, type JobSummaryPart } from '../../diagnostics/job-summary.ts';
import { formatLogText } from '../../network/log-entry.ts';
import {
  describeExpectation,
  type ExpectationResult,
  formatScenarioJunit,
  type ScenarioEvent,
  type ScenarioResult,
  type TimedStep,
} from '../../scenario/index.ts';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { writeOutputFile } from '../../shared/files/text-file.ts';
import { pluralize } from '../../shared/text.ts';
import type { Topology } from '../../topology/index.ts';
import { printArtifactsFolder } from './dump-artifacts.ts';
import { formatDuration, formatSeconds, paint, writeToStderr } from './format.ts';
import { createTerminalFormatter, type NamedAddress } from './log-format.ts';
import { maxConcurrentFaults, ScenarioTimeline } from './scenario-timeline.ts';

interface ReportOptions {
  /** File for a JUnit report. */
  junit?: string;
  json?: true;
  /** Events and the result are not printed. @default false */
  silent?: boolean;
}

/** Lines of the timeline in the job summary of a run that failed. */
const MAX_EVENT_LINES = 20;

/** Reports a scenario run: its events as they happen, and its result or failure on the terminal, in JUnit and in the job summary. */
export class ScenarioReport {
  readonly #options: ReportOptions;
  /** Name of the run until its topology is known. */
  readonly #file: string;
  readonly #startedAt = new Date();
  #topology: Topology | undefined;
  #timeline = new ScenarioTimeline(0, paint);
  readonly events: ScenarioEvent[] = [];
  readonly #lines: string[] = [];

  constructor(file: string, options: ReportOptions) {
    this.#file = file;
    this.#options = options;
  }

  setTopology(topology: Topology, steps: readonly TimedStep[]): void {
    this.#topology = topology;
    this.#timeline = new ScenarioTimeline(maxConcurrentFaults(steps), paint);
  }

  onEvent(event: ScenarioEvent): void {
    this.events.push(event);
    const line = this.#timeline.render(event);
    this.#lines.push(line);
    if (!this.#options.json && !this.#options.silent) process.stdout.write(`${line}\n`);
  }

  /**
   * Reports a run that was completed.
   * @param artifacts folder of the dump, if an expectation was missed
   */
  finish(result: ScenarioResult, nodes: readonly NamedAddress[], artifacts: string | undefined): void {
    this.#addToJobSummary(formatTotal(result), [
      ...missedOutcomes(result).flatMap((outcome): JobSummaryPart[] => [
        `at ${formatSeconds(outcome.at)}${formatOutcomeName(outcome)}: expected ${describeExpectation(outcome.expectation)}; last seen: ${outcome.seen}`,
        { lines: outcome.lines.map((line) => `${line.time} ${line.node} ${formatLogText(line)}`) },
      ]),
      ...(artifacts === undefined ? [] : [`artifacts: ${artifacts}`]),
    ]);
    const { json, silent } = this.#options;
    const name = this.#name;
    const time = this.#startedAt.toISOString();
    if (silent) return;
    if (json) process.stdout.write(`${JSON.stringify({ name, time, ...result, happenings: this.events })}\n`);
    else process.stdout.write(formatScenarioResult(result, nodes));
    printArtifactsFolder(artifacts);
    this.#writeJunit(result);
  }

  /** Reports a run that failed: the expectations checked until then, and the error. */
  fail(cause: unknown, artifacts: string | undefined): void {
    const why = describeError(cause);
    const code = cause instanceof DevnetError ? cause.code : 'error';
    this.#addToJobSummary(code, [
      { lines: why.split('\n') },
      ...(this.#lines.length === 0 ? [] : [{ lines: this.#lines.slice(-MAX_EVENT_LINES) }]),
      ...(artifacts === undefined ? [] : [`artifacts: ${artifacts}`]),
    ]);
    printArtifactsFolder(artifacts);
    const outcomes = this.events.flatMap((event) => (event.what === 'judged' ? [event.outcome] : []));
    try {
      this.#writeJunit({ outcomes, took: Date.now() - this.#startedAt.getTime() }, { type: code, message: why });
    } catch (secondary) {
      // The error of the run matters more.
      writeToStderr(describeError(secondary));
    }
  }

  get #name(): string {
    return this.#topology?.name ?? this.#file;
  }

  #addToJobSummary(result: string, parts: readonly JobSummaryPart[]): void {
    const graph = this.#topology;
    const heading = `devnet run ${this.#name}: ${result}`;
    addToJobSummary({ heading, ...(graph === undefined ? {} : { graph }), parts });
  }

  #writeJunit(result: Pick<ScenarioResult, 'outcomes' | 'took'>, error?: { type: string; message: string }): void {
    const { junit: file } = this.#options;
    if (file === undefined) return;
    const heading = { name: this.#name, time: this.#startedAt.toISOString() };
    writeOutputFile(file, formatScenarioJunit(result, heading, error));
  }
}

/** Formats how many expectations were met, and for each missed one the last lines of the log. */
function formatScenarioResult(result: ScenarioResult, nodes: readonly NamedAddress[]): string {
  const render = createTerminalFormatter(nodes);
  const missed = missedOutcomes(result).flatMap((outcome) => [
    '',
    `${paint('red', '✘')} at ${formatSeconds(outcome.at)}${formatOutcomeName(outcome)}: expected ${describeExpectation(outcome.expectation)}`,
    `  last seen: ${outcome.seen}`,
    ...(outcome.lines.length > 0
      ? ['  the log until then:', ...outcome.lines.map((line) => `    ${render(line)}`)]
      : []),
  ]);
  const mark = result.passed ? paint('green', '✔') : paint('red', '✘');
  return `${[...missed, '', `${mark} ${formatTotal(result)}`].join('\n')}\n`;
}

function formatTotal(result: ScenarioResult): string {
  const { outcomes, took } = result;
  const met = outcomes.length - missedOutcomes(result).length;
  const total =
    outcomes.length === 0 ? 'nothing was expected' : `${met} of ${pluralize(outcomes.length, 'expectation')} met`;
  return `${total}, in ${formatDuration(took / 1000)}`;
}

function missedOutcomes({ outcomes }: ScenarioResult): ExpectationResult[] {
  return outcomes.filter(({ met }) => !met);
}

function formatOutcomeName({ name }: ExpectationResult): string {
  return name === undefined ? '' : `, ${name}`;
}
