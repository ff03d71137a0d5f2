import { describeFault } from '../network/faults/describe-fault.ts';
import { describeExpectation, type ScenarioEvent } from '../scenario/index.ts';
import { type AttributeValue, spanId, type TraceSpan } from './trace-span.ts';

const SERVICE = 'devnet';

/** Makes one trace of a scenario: a span for each fault, message and expectation. */
export class ScenarioSpans {
  readonly #title: string;
  readonly #traceId: string;
  readonly #rootId: string;
  /** Microseconds since the epoch. */
  readonly #startedAt: number;
  readonly #faults = new Map<string, Extract<ScenarioEvent, { what: 'injected' }>>();
  #count = 0;

  /**
   * @param run id of the network's run
   * @param startedAtMs start of the scenario, milliseconds since the epoch
   */
  constructor(title: string, run: string, startedAtMs: number) {
    this.#title = title;
    this.#traceId = spanId('trace', run, 'scenario', title, String(startedAtMs));
    this.#rootId = spanId('span', this.#traceId);
    this.#startedAt = startedAtMs * 1_000;
  }

  /** Returns the spans that end with an event. */
  add(event: ScenarioEvent): TraceSpan[] {
    switch (event.what) {
      case 'injected':
        this.#faults.set(event.name, event);
        return [];
      case 'healed': {
        const injected = this.#faults.get(event.name);
        if (!injected) return [];
        this.#faults.delete(event.name);
        return [
          this.#span(`fault ${event.name}`, injected.at, event.at, {
            'devnet.fault': injected.faults.map(describeFault),
          }),
        ];
      }
      case 'gossiped':
        return [this.#span(`gossip from ${event.from}`, event.at, event.at, { 'devnet.message.id': event.id })];
      case 'sent':
        return [this.#span(`send ${event.type} to ${event.to}`, event.at, event.at, {})];
      case 'unsent':
        return [this.#span(`send ${event.type} to ${event.to}`, event.at, event.at, {}, event.why)];
      case 'judged': {
        const { name, expectation, met, at, took, seen } = event.outcome;
        const attributes = { 'devnet.expectation': describeExpectation(expectation), 'devnet.seen': seen };
        return [
          this.#span(
            `expect ${name ?? describeExpectation(expectation)}`,
            at,
            at + took,
            attributes,
            met ? undefined : seen,
          ),
        ];
      }
    }
  }

  /** Returns the span of the whole scenario, and those of faults that nobody healed. */
  end(tookMs: number, passed: boolean): TraceSpan[] {
    const open = [...this.#faults.values()].map(({ name, at }) => this.#span(`fault ${name}`, at, tookMs, {}));
    const { parentId: _, ...root } = this.#span(`scenario ${this.#title}`, 0, tookMs, { 'devnet.passed': passed });
    return [...open, { ...root, id: this.#rootId, ...(passed ? {} : { failure: 'an expectation was not met' }) }];
  }

  #span(
    name: string,
    fromMs: number,
    toMs: number,
    attributes: Record<string, AttributeValue>,
    failure?: string,
  ): TraceSpan {
    return {
      traceId: this.#traceId,
      id: spanId('span', this.#traceId, String(++this.#count)),
      parentId: this.#rootId,
      service: SERVICE,
      name,
      startedAt: this.#startedAt + Math.round(fromMs * 1_000),
      endedAt: this.#startedAt + Math.round(Math.max(fromMs, toMs) * 1_000),
      attributes,
      events: [],
      ...(failure === undefined ? {} : { failure }),
    };
  }
}
