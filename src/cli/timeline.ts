import type { Happening, Outcome } from '../scenario/happening.ts';
import type { TimedStep } from '../scenario/step.ts';
import { describeExpectation, describeFaults } from '../scenario/words.ts';
import type { paint } from './format.ts';

type Style = Parameters<typeof paint>[0];

/** A bar for each fault in force, side by side: `╷` where it begins, `╵` where it ends. */
export class Timeline {
  /** Names of the faults by their place; undefined where a place is free. */
  readonly #bars: (string | undefined)[] = [];
  readonly #width: number;
  readonly #colour: (style: Style, text: string) => string;

  /**
   * @param most how many faults are in force at once at most
   * @param colour gives a piece its colour
   */
  constructor(most: number, colour: (style: Style, text: string) => string) {
    this.#width = most;
    this.#colour = colour;
  }

  /** The line, or lines, for something that happened: when, the bars at that moment, and what it was. */
  show(happening: Happening): string {
    const { at } = happening;
    switch (happening.what) {
      case 'injected': {
        const { name, faults } = happening;
        const over = faults.every(({ kind }) => kind === 'restart');
        const bars = over ? this.#drawn() : this.#begin(name);
        return this.#line(at, bars, `${this.#colour('bold', name)}: ${describeFaults(faults)}`);
      }
      case 'healed': {
        const end = happening.atEnd ? ' (the scenario is over)' : '';
        return this.#line(at, this.#end(happening.name), `${this.#colour('bold', happening.name)} healed${end}`);
      }
      case 'gossiped':
        return this.#line(at, this.#drawn(), `gossip from ${happening.from}: ${happening.id}`);
      case 'sent': {
        const { to, type, reply } = happening;
        return this.#line(at, this.#drawn(), `${type} to ${to}${reply === undefined ? '' : `: ${reply}`}`);
      }
      case 'unsent': {
        const { type, why } = happening;
        return this.#line(at, this.#drawn(), `${this.#colour('yellow', '!')} ${type} not sent: ${why}`);
      }
      case 'judged':
        return this.#judged(at, happening.outcome);
    }
  }

  #judged(at: number, { name, expectation, met, took, seen }: Outcome): string {
    const mark = met ? this.#colour('green', '✔') : this.#colour('red', '✘');
    const title = name === undefined ? '' : `${this.#colour('bold', name)}: `;
    const text = `${mark} ${title}${describeExpectation(expectation)}`;
    const result = met
      ? `met after ${seconds(took)} s: ${seen}`
      : `missed after ${seconds(took)} s; last seen: ${seen}`;
    return `${this.#line(at, this.#drawn(), text)}\n${this.#line(undefined, this.#drawn(), `  ${this.#colour('gray', result)}`)}`;
  }

  #begin(name: string): string {
    const free = this.#bars.indexOf(undefined);
    const place = free === -1 ? this.#bars.length : free;
    this.#bars[place] = name;
    return this.#drawn(place, '╷');
  }

  #end(name: string): string {
    const place = this.#bars.indexOf(name);
    const bars = this.#drawn(place, '╵');
    if (place >= 0) this.#bars[place] = undefined;
    return bars;
  }

  #drawn(special = -1, sign = ''): string {
    const signs = this.#bars.map((name, place) => (place === special ? sign : name === undefined ? ' ' : '│'));
    return this.#colour('red', signs.join('').padEnd(this.#width));
  }

  #line(at: number | undefined, bars: string, text: string): string {
    const time = at === undefined ? '' : `${seconds(at)} s`;
    return `${this.#colour('gray', time.padStart(10))} ${bars} ${text}`;
  }
}

/** How many faults are in force at once at most, with those that only the end heals. */
export function mostAtOnce(steps: readonly TimedStep[]): number {
  let now = 0;
  let most = 0;
  for (const step of steps) {
    if (step.do === 'inject' && step.until !== step.at) most = Math.max(most, ++now);
    else if (step.do === 'heal') now -= step.names.length;
  }
  return most;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(2);
}
