import { writeFileSync } from 'node:fs';
import { addToJobSummary, type JobSummaryPart } from '../../diagnostics/job-summary-index.ts';
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
import type { Topology } from '../../topology/index.ts';
import { formatDuration, paint, pluralize } from './format.ts';
import { createTerminalFormatter, type NamedAddress } from './log-format.ts';
import { maxConcurrentFaults, ScenarioTimeline } from './scenario-timeline.ts';

interface ReportOptions {
  /** File for a JUnit report. */
  junit?: string;
  json?: true;
}

/** Of what happened, so many lines are shown of a run that did not come to its end. */
const MAX_EVENT_LINES = 20;

/** All that is told of a run: as it goes, and when it is over, however that comes about. */
export class ScenarioReport {
  readonly #options: ReportOptions;
  /** What it is called until its topology is known. */
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

  onEvent(happening: ScenarioEvent): void {
    this.events.push(happening);
    const line = this.#timeline.render(happening);
    this.#lines.push(line);
    if (!this.#options.json) process.stdout.write(`${line}\n`);
  }

  /**
   * The run came to its end.
   * @param artifacts folder of what is known of the devnet, where something was missed
   */
  finish(result: ScenarioResult, nodes: readonly NamedAddress[], artifacts: string | undefined): void {
    this.#addToJobSummary(formatTotal(result), [
      ...missedOutcomes(result).flatMap((outcome): JobSummaryPart[] => [
        `at ${formatOutcomeTime(outcome)}${formatOutcomeName(outcome)}: expected ${describeExpectation(outcome.expectation)}; last seen: ${outcome.seen}`,
        { lines: outcome.lines.map((line) => `${line.time} ${line.node} ${formatLogText(line)}`) },
      ]),
      ...(artifacts === undefined ? [] : [`artifacts: ${artifacts}`]),
    ]);
    const { json } = this.#options;
    const name = this.#name;
    const time = this.#startedAt.toISOString();
    if (json) process.stdout.write(`${JSON.stringify({ name, time, ...result, happenings: this.events })}\n`);
    else process.stdout.write(formatScenarioResult(result, nodes));
    printArtifactsFolder(artifacts);
    this.#writeJunit(result);
  }

  /** Something kept the run from its end: what was judged before counts, and this is an error beside it. */
  fail(cause: unknown, artifacts: string | undefined): void {
    const why = describeError(cause);
    const code = cause instanceof DevnetError ? cause.code : 'error';
    this.#addToJobSummary(code, [
      { lines: why.split('\n') },
      ...(this.#lines.length === 0 ? [] : [{ lines: this.#lines.slice(-MAX_EVENT_LINES) }]),
      ...(artifacts === undefined ? [] : [`artifacts: ${artifacts}`]),
    ]);
    printArtifactsFolder(artifacts);
    const outcomes = this.events.flatMap((happening) => (happening.what === 'judged' ? [happening.outcome] : []));
    try {
      this.#writeJunit({ outcomes, took: Date.now() - this.#startedAt.getTime() }, { type: code, message: why });
    } catch (also) {
      // What the run failed with counts more.
      process.stderr.write(`${(also as Error).message}\n`);
    }
  }

  get #name(): string {
    return this.#topology?.name ?? this.#file;
  }

  #addToJobSummary(what: string, parts: readonly JobSummaryPart[]): void {
    const picture = this.#topology;
    const heading = `devnet run ${this.#name}: ${what}`;
    addToJobSummary({ heading, ...(picture === undefined ? {} : { graph: picture }), parts });
  }

  #writeJunit(result: Pick<ScenarioResult, 'outcomes' | 'took'>, error?: { type: string; message: string }): void {
    const { junit: file } = this.#options;
    if (file === undefined) return;
    const heading = { name: this.#name, time: this.#startedAt.toISOString() };
    try {
      writeFileSync(file, formatScenarioJunit(result, heading, error));
    } catch (cause) {
      throw new DevnetError('usage', `the report ${file} cannot be written: ${(cause as Error).message}`, {
        hint: 'its folder must be there',
        cause,
      });
    }
  }
}

/** How many were met, and of each missed one the last lines of the log. */
function formatScenarioResult(result: ScenarioResult, nodes: readonly NamedAddress[]): string {
  const render = createTerminalFormatter(nodes);
  const told = missedOutcomes(result).flatMap((outcome) => [
    '',
    `${paint('red', '✘')} at ${formatOutcomeTime(outcome)}${formatOutcomeName(outcome)}: expected ${describeExpectation(outcome.expectation)}`,
    `  last seen: ${outcome.seen}`,
    ...(outcome.lines.length > 0
      ? ['  the log until then:', ...outcome.lines.map((line) => `    ${render(line)}`)]
      : []),
  ]);
  const mark = result.passed ? paint('green', '✔') : paint('red', '✘');
  return `${[...told, '', `${mark} ${formatTotal(result)}`].join('\n')}\n`;
}

/** On standard error: the output may be JSON. */
function printArtifactsFolder(artifacts: string | undefined): void {
  if (artifacts !== undefined) process.stderr.write(`artifacts: ${artifacts}\n`);
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

function formatOutcomeTime({ at: milliseconds }: ExpectationResult): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function formatOutcomeName({ name }: ExpectationResult): string {
  return name === undefined ? '' : `, ${name}`;
}
