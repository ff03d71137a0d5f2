import { isMomentary } from '../../network/fault.ts';
import { describeExpectation, describeFaults } from '../../scenario/model/describe.ts';
import type { TimedStep } from '../../scenario/model/scenario.ts';
import type { ExpectationResult, ScenarioEvent } from '../../scenario/run/scenario-events.ts';
import type { paint } from './format.ts';

type Style = Parameters<typeof paint>[0];

/** A bar for each fault in force, side by side: `╷` where it begins, `╵` where it ends. */
export class ScenarioTimeline {
  /** Names of the faults by their place; undefined where a place is free. */
  readonly #bars: (string | undefined)[] = [];
  readonly #width: number;
  readonly #paint: (style: Style, text: string) => string;

  /**
   * @param most how many faults are in force at once at most
   * @param colour gives a piece its colour
   */
  constructor(most: number, colour: (style: Style, text: string) => string) {
    this.#width = most;
    this.#paint = colour;
  }

  /** The line, or lines, for something that happened: when, the bars at that moment, and what it was. */
  render(happening: ScenarioEvent): string {
    const { at } = happening;
    switch (happening.what) {
      case 'injected': {
        const { name, faults } = happening;
        const over = isMomentary(faults);
        const bars = over ? this.#renderBars() : this.#openBar(name);
        return this.#renderLine(at, bars, `${this.#paint('bold', name)}: ${describeFaults(faults)}`);
      }
      case 'healed': {
        const end = happening.atEnd ? ' (the scenario is over)' : '';
        return this.#renderLine(
          at,
          this.#closeBar(happening.name),
          `${this.#paint('bold', happening.name)} healed${end}`,
        );
      }
      case 'gossiped':
        return this.#renderLine(at, this.#renderBars(), `gossip from ${happening.from}: ${happening.id}`);
      case 'sent': {
        const { to, type, reply } = happening;
        return this.#renderLine(at, this.#renderBars(), `${type} to ${to}${reply === undefined ? '' : `: ${reply}`}`);
      }
      case 'unsent': {
        const { type, why } = happening;
        return this.#renderLine(at, this.#renderBars(), `${this.#paint('yellow', '!')} ${type} not sent: ${why}`);
      }
      case 'judged':
        return this.#renderOutcome(at, happening.outcome);
    }
  }

  #renderOutcome(at: number, { name, expectation, met, took, seen }: ExpectationResult): string {
    const mark = met ? this.#paint('green', '✔') : this.#paint('red', '✘');
    const title = name === undefined ? '' : `${this.#paint('bold', name)}: `;
    const text = `${mark} ${title}${describeExpectation(expectation)}`;
    const result = met
      ? `met after ${formatSeconds(took)} s: ${seen}`
      : `missed after ${formatSeconds(took)} s; last seen: ${seen}`;
    return `${this.#renderLine(at, this.#renderBars(), text)}\n${this.#renderLine(undefined, this.#renderBars(), `  ${this.#paint('gray', result)}`)}`;
  }

  #openBar(name: string): string {
    const free = this.#bars.indexOf(undefined);
    const place = free === -1 ? this.#bars.length : free;
    this.#bars[place] = name;
    return this.#renderBars(place, '╷');
  }

  #closeBar(name: string): string {
    const place = this.#bars.indexOf(name);
    const bars = this.#renderBars(place, '╵');
    if (place >= 0) this.#bars[place] = undefined;
    return bars;
  }

  #renderBars(special = -1, sign = ''): string {
    const signs = this.#bars.map((name, place) => (place === special ? sign : name === undefined ? ' ' : '│'));
    return this.#paint('red', signs.join('').padEnd(this.#width));
  }

  #renderLine(at: number | undefined, bars: string, text: string): string {
    const time = at === undefined ? '' : `${formatSeconds(at)} s`;
    return `${this.#paint('gray', time.padStart(10))} ${bars} ${text}`;
  }
}

/** How many faults are in force at once at most, with those that only the end heals. */
export function maxConcurrentFaults(steps: readonly TimedStep[]): number {
  let now = 0;
  let most = 0;
  for (const step of steps) {
    if (step.do === 'inject' && step.until !== step.at) most = Math.max(most, ++now);
    else if (step.do === 'heal') now -= step.names.length;
  }
  return most;
}

function formatSeconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(2);
}
