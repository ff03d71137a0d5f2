import { isMomentary } from '../../network/fault.ts';
import { describeFaults } from '../../network/faults/describe-fault.ts';
import { describeExpectation } from '../../scenario/model/describe.ts';
import type { TimedStep } from '../../scenario/model/scenario.ts';
import type { ExpectationResult, ScenarioEvent } from '../../scenario/run/scenario-events.ts';
import { formatSeconds, type Style } from './format.ts';

/** Formats the events of a scenario, with a bar for each fault in force: `╷` where it begins, `╵` where it ends. */
export class ScenarioTimeline {
  /** Name of the fault in each column; undefined where the column is free. */
  readonly #bars: (string | undefined)[] = [];
  /** Warnings that were shown: one about a node or the kernel is the same for every fault. */
  readonly #shownWarnings = new Set<string>();
  readonly #width: number;
  readonly #paint: (style: Style, text: string) => string;

  /**
   * @param width most faults in force at once
   * @param paint colours text
   */
  constructor(width: number, paint: (style: Style, text: string) => string) {
    this.#width = width;
    this.#paint = paint;
  }

  /** Formats an event as one or more lines: its time, the bars at that time, and what happened. */
  render(event: ScenarioEvent): string {
    const { at } = event;
    switch (event.what) {
      case 'injected': {
        const { name, faults, warnings = [] } = event;
        const isOver = isMomentary(faults);
        const bars = isOver ? this.#renderBars() : this.#openBar(name);
        const line = this.#renderLine(at, bars, `${this.#paint('bold', name)}: ${describeFaults(faults)}`);
        return [line, ...this.#renderWarnings(warnings)].join('\n');
      }
      case 'healed': {
        const end = event.atEnd ? ' (end of the scenario)' : '';
        return this.#renderLine(at, this.#closeBar(event.name), `${this.#paint('bold', event.name)} healed${end}`);
      }
      case 'gossiped':
        return this.#renderLine(at, this.#renderBars(), `gossip from ${event.from}: ${event.id}`);
      case 'sent': {
        const { to, type, reply } = event;
        return this.#renderLine(at, this.#renderBars(), `${type} to ${to}${reply === undefined ? '' : `: ${reply}`}`);
      }
      case 'unsent': {
        const { type, why } = event;
        return this.#renderLine(at, this.#renderBars(), `${this.#paint('yellow', '!')} ${type} not sent: ${why}`);
      }
      case 'judged':
        return this.#renderOutcome(at, event.outcome);
    }
  }

  #renderWarnings(warnings: readonly string[]): string[] {
    const fresh = warnings.filter((warning) => !this.#shownWarnings.has(warning));
    for (const warning of fresh) this.#shownWarnings.add(warning);
    return fresh.map((warning) =>
      this.#renderLine(undefined, this.#renderBars(), `  ${this.#paint('yellow', '!')} ${warning}`),
    );
  }

  #renderOutcome(at: number, { name, expectation, met, took, seen }: ExpectationResult): string {
    const mark = met ? this.#paint('green', '✔') : this.#paint('red', '✘');
    const title = name === undefined ? '' : `${this.#paint('bold', name)}: `;
    const text = `${mark} ${title}${describeExpectation(expectation)}`;
    const result = met
      ? `met after ${formatSeconds(took)}: ${seen}`
      : `missed after ${formatSeconds(took)}; last seen: ${seen}`;
    return `${this.#renderLine(at, this.#renderBars(), text)}\n${this.#renderLine(undefined, this.#renderBars(), `  ${this.#paint('gray', result)}`)}`;
  }

  #openBar(name: string): string {
    const free = this.#bars.indexOf(undefined);
    const column = free === -1 ? this.#bars.length : free;
    this.#bars[column] = name;
    return this.#renderBars(column, '╷');
  }

  #closeBar(name: string): string {
    const column = this.#bars.indexOf(name);
    const bars = this.#renderBars(column, '╵');
    if (column >= 0) this.#bars[column] = undefined;
    return bars;
  }

  #renderBars(special = -1, sign = ''): string {
    const signs = this.#bars.map((name, column) => (column === special ? sign : name === undefined ? ' ' : '│'));
    return this.#paint('red', signs.join('').padEnd(this.#width));
  }

  #renderLine(at: number | undefined, bars: string, text: string): string {
    const time = at === undefined ? '' : formatSeconds(at);
    return `${this.#paint('gray', time.padStart(10))} ${bars} ${text}`;
  }
}

/** Returns the most faults in force at once, including those that only the end of the scenario heals. */
export function maxConcurrentFaults(steps: readonly TimedStep[]): number {
  let active = 0;
  let most = 0;
  for (const step of steps) {
    if (step.do === 'inject' && step.until !== step.at) most = Math.max(most, ++active);
    else if (step.do === 'heal') active -= step.names.length;
  }
  return most;
}
