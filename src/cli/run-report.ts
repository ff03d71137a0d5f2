import { writeFileSync } from 'node:fs';
import { DevnetError } from '../errors.ts';
import { addToJobSummary, type Part } from '../job-summary/index.ts';
import {
  describeExpectation,
  type Happening,
  junit,
  type Outcome,
  type RunResult,
  type TimedStep,
  textOf,
} from '../scenario/index.ts';
import type { Topology } from '../topology/index.ts';
import { count, duration, paint } from './format.ts';
import { forPeople, type Naming } from './log-format.ts';
import { mostAtOnce, Timeline } from './timeline.ts';

interface ReportOptions {
  /** File for a JUnit report. */
  junit?: string;
  json?: true;
}

/** Of what happened, so many lines are shown of a run that did not come to its end. */
const LAST = 20;

/** All that is told of a run: as it goes, and when it is over, however that comes about. */
export class RunReport {
  readonly #options: ReportOptions;
  /** What it is called until its topology is known. */
  readonly #file: string;
  readonly #time = new Date();
  #topology: Topology | undefined;
  #timeline = new Timeline(0, paint);
  readonly happenings: Happening[] = [];
  readonly #lines: string[] = [];

  constructor(file: string, options: ReportOptions) {
    this.#file = file;
    this.#options = options;
  }

  about(topology: Topology, steps: readonly TimedStep[]): void {
    this.#topology = topology;
    this.#timeline = new Timeline(mostAtOnce(steps), paint);
  }

  tell(happening: Happening): void {
    this.happenings.push(happening);
    const line = this.#timeline.show(happening);
    this.#lines.push(line);
    if (!this.#options.json) process.stdout.write(`${line}\n`);
  }

  /**
   * The run came to its end.
   * @param artifacts folder of what is known of the devnet, where something was missed
   */
  over(result: RunResult, nodes: readonly Naming[], artifacts: string | undefined): void {
    this.#toSummary(verdict(result), [
      ...missed(result).flatMap((outcome): Part[] => [
        `at ${at(outcome)}${named(outcome)}: expected ${describeExpectation(outcome.expectation)}; last seen: ${outcome.seen}`,
        { lines: outcome.lines.map((line) => `${line.time} ${line.node} ${textOf(line)}`) },
      ]),
      ...(artifacts === undefined ? [] : [`artifacts: ${artifacts}`]),
    ]);
    const { json } = this.#options;
    const name = this.#name;
    const time = this.#time.toISOString();
    if (json) process.stdout.write(`${JSON.stringify({ name, time, ...result, happenings: this.happenings })}\n`);
    else process.stdout.write(summary(result, nodes));
    point(artifacts);
    this.#toJunit(result);
  }

  /** Something kept the run from its end: what was judged before counts, and this is an error beside it. */
  broken(cause: unknown, artifacts: string | undefined): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const code = cause instanceof DevnetError ? cause.code : 'error';
    this.#toSummary(code, [
      { lines: why.split('\n') },
      ...(this.#lines.length === 0 ? [] : [{ lines: this.#lines.slice(-LAST) }]),
      ...(artifacts === undefined ? [] : [`artifacts: ${artifacts}`]),
    ]);
    point(artifacts);
    const outcomes = this.happenings.flatMap((happening) => (happening.what === 'judged' ? [happening.outcome] : []));
    try {
      this.#toJunit({ outcomes, took: Date.now() - this.#time.getTime() }, { type: code, message: why });
    } catch (also) {
      // What the run failed with counts more.
      process.stderr.write(`${(also as Error).message}\n`);
    }
  }

  get #name(): string {
    return this.#topology?.name ?? this.#file;
  }

  #toSummary(what: string, parts: readonly Part[]): void {
    const picture = this.#topology;
    const heading = `devnet run ${this.#name}: ${what}`;
    addToJobSummary({ heading, ...(picture === undefined ? {} : { picture }), parts });
  }

  #toJunit(result: Pick<RunResult, 'outcomes' | 'took'>, error?: { type: string; message: string }): void {
    const { junit: file } = this.#options;
    if (file === undefined) return;
    const heading = { name: this.#name, time: this.#time.toISOString() };
    try {
      writeFileSync(file, junit(result, heading, error));
    } catch (cause) {
      throw new DevnetError('usage', `the report ${file} cannot be written: ${(cause as Error).message}`, {
        hint: 'its folder must be there',
        cause,
      });
    }
  }
}

/** How many were met, and of each missed one the last lines of the log. */
function summary(result: RunResult, nodes: readonly Naming[]): string {
  const render = forPeople(nodes);
  const told = missed(result).flatMap((outcome) => [
    '',
    `${paint('red', '✘')} at ${at(outcome)}${named(outcome)}: expected ${describeExpectation(outcome.expectation)}`,
    `  last seen: ${outcome.seen}`,
    ...(outcome.lines.length > 0
      ? ['  the log until then:', ...outcome.lines.map((line) => `    ${render(line)}`)]
      : []),
  ]);
  const mark = result.passed ? paint('green', '✔') : paint('red', '✘');
  return `${[...told, '', `${mark} ${verdict(result)}`].join('\n')}\n`;
}

/** On standard error: the output may be JSON. */
function point(artifacts: string | undefined): void {
  if (artifacts !== undefined) process.stderr.write(`artifacts: ${artifacts}\n`);
}

function verdict(result: RunResult): string {
  const { outcomes, took } = result;
  const met = outcomes.length - missed(result).length;
  const total =
    outcomes.length === 0 ? 'nothing was expected' : `${met} of ${count(outcomes.length, 'expectation')} met`;
  return `${total}, in ${duration(took / 1000)}`;
}

function missed({ outcomes }: RunResult): Outcome[] {
  return outcomes.filter(({ met }) => !met);
}

function at({ at: milliseconds }: Outcome): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function named({ name }: Outcome): string {
  return name === undefined ? '' : `, ${name}`;
}
