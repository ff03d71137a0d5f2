import type { Fault } from '../../src/network/fault.ts';
import { describeExpectation, describeFault } from '../../src/scenario/model/describe.ts';
import type { Scenario, TimedStep } from '../../src/scenario/model/scenario.ts';
import type { Clock, FaultId, LogEntry, ScenarioDriver } from '../../src/scenario/model/scenario-driver.ts';
import { parseScenario } from '../../src/scenario/parse/parse-scenario.ts';
import { schedule } from '../../src/scenario/schedule/schedule.ts';
import { parseTopology } from '../../src/topology/parse/parse-topology.ts';

/** Five nodes in a ring, the first three of them in a group. */
export const RING = 'nodes: [a, b, c, d, e]\nlinks: ring\ngroups: { left: [a, b, c], right: [d, e] }\n';

export const topology = (text = RING) => parseTopology(text, { file: 'net.yaml', name: 'net' });

/** Parses steps that are written as in a file, under `scenario:`. */
export function scenario(steps: string, net = RING): Scenario {
  return parseScenario(`scenario:\n${steps}`, { file: 'x.yaml', topology: topology(net) });
}

/** The schedule of steps, in words, one line for each. */
export function brief(steps: string, net = RING): string[] {
  return schedule(scenario(steps, net)).map(inWords);
}

export function inWords(step: TimedStep): string {
  const at = `${step.at / 1000}s`;
  switch (step.do) {
    case 'inject':
      return `${at} ${step.name}: ${step.faults.map(describeFault).join('; ')}`;
    case 'heal':
      return `${at} heal ${step.names.join(', ')}`;
    case 'gossip':
      return `${at} gossip ${step.from}${'data' in step ? ` ${JSON.stringify(step.data)}` : ''}`;
    case 'send':
      return `${at} send ${step.to} ${step.type}${'payload' in step ? ` ${JSON.stringify(step.payload)}` : ''}`;
    case 'expect':
      return `${at} expect ${describeExpectation(step.expectation)}`;
  }
}

/** Time that stands still until everything waits for it, and then jumps to where somebody is woken. */
export class FakeClock implements Clock {
  #now = Date.parse('2026-01-01T00:00:00Z');
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();

  now(): number {
    return this.#now;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const sleeper = { until: this.#now + milliseconds, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  /** Lets time pass until the work is done. @throws when all wait for something else than time */
  async passing<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const settled = work.finally(() => {
      done = true;
    });
    settled.catch(() => {}); // Handed on below.
    for (;;) {
      // Everything that can go on without time does so before the event loop comes round again, twice.
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (done) return settled;
      const next = [...this.#sleepers].sort((one, other) => one.until - other.until)[0];
      if (next === undefined) throw new Error('nobody waits for the time, and nothing goes on');
      this.#sleepers.delete(next);
      this.#now = next.until;
      next.wake();
    }
  }
}

/** A devnet that notes what is done to it, and is as a test wants it. */
export class FakeActions implements ScenarioDriver {
  /** What was done, with seconds since the start: `10 kill a`. */
  readonly done: string[] = [];
  readonly tags: FaultId[] = [];
  /** Lines of the differences to the declared graph. */
  differences: string[] = [];
  /** Connected peers, by node. */
  connected: Record<string, string[]> = {};
  /** Milliseconds after which each node logs that news reached it; what is absent never does. */
  reach: Record<string, number> = {};
  /** Called at each thing done, to fail or to change something. */
  hook: (what: string) => void | Promise<void> = () => {};
  readonly #clock: FakeClock;
  readonly #start: number;
  readonly #over = new AbortController();
  readonly #waiting: LogEntry[] = [];
  #wake: () => void = () => {};

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#start = clock.now();
  }

  async #does(what: string): Promise<void> {
    // Everything is prepared, and most tests are not about it.
    if (!what.startsWith('prepare')) this.done.push(`${(this.#clock.now() - this.#start) / 1000} ${what}`);
    await this.hook(what);
  }

  async prepare(faults: readonly Fault[]): Promise<void> {
    await this.#does(`prepare ${faults.length}`);
  }

  async inject(fault: Fault, tag: FaultId) {
    this.tags.push(tag);
    await this.#does(describeFault(fault));
    return { heal: () => this.#does(`heal ${describeFault(fault)}`) };
  }

  async gossip(from: string, news: { id: string; data?: unknown }): Promise<void> {
    await this.#does(`gossip ${from} ${JSON.stringify(news)}`);
    for (const [node, after] of Object.entries(this.reach)) this.logs(node, 'gossip_received', { id: news.id }, after);
  }

  async send(to: string, message: { message_type: string; payload?: unknown }) {
    await this.#does(`send ${to} ${JSON.stringify(message)}`);
    return { message_type: 'pong' };
  }

  async drift(): Promise<string[]> {
    return this.differences;
  }

  async connectedPeers(node: string): Promise<string[]> {
    return this.connected[node] ?? [];
  }

  async followLog(_since: number, signal: AbortSignal): Promise<AsyncIterable<LogEntry[]>> {
    await this.hook('log');
    return this.#log(signal);
  }

  async *#log(signal: AbortSignal): AsyncGenerator<LogEntry[]> {
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake);
    this.#over.signal.addEventListener('abort', wake);
    while (!signal.aborted && !this.#over.signal.aborted) {
      if (this.#waiting.length > 0) yield this.#waiting.splice(0);
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }

  receivedGossipId({ event, fields }: LogEntry): string | undefined {
    return event === 'gossip_received' ? String(fields.id) : undefined;
  }

  /** Writes a line so many milliseconds from now, which arrives some more after that. */
  logs(node: string, event: string, fields: Record<string, unknown> = {}, after = 0, late = 300): void {
    const time = new Date(this.#clock.now() + after).toISOString().replace('Z', '000Z');
    void this.#clock.sleep(after + late, this.#over.signal).then(
      () => {
        this.#waiting.push({ time, node, level: 'info', event, fields });
        this.#wake();
      },
      () => {},
    );
  }

  /** The log ends, as when the devnet is taken down. */
  vanish(): void {
    this.#over.abort();
  }
}
