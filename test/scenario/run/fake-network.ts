import type { RuntimeName } from '../../../src/network/capabilities.ts';
import type { Fault, FaultHandle, FaultId } from '../../../src/network/fault.ts';
import { describeFault } from '../../../src/network/faults/describe-fault.ts';
import type { Drift } from '../../../src/network/links/drift.ts';
import type { LogEntry } from '../../../src/network/log-entry.ts';
import type { ReadLogOptions, RunningNode } from '../../../src/network/running-network.ts';
import type { Message } from '../../../src/protocol/index.ts';
import type { Clock } from '../../../src/scenario/run/clock.ts';
import type { ScenarioNetwork } from '../../../src/scenario/run/expectation-checks.ts';
import { type ClockOffset, SAME_CLOCK } from '../../../src/shared/time/clock-offset.ts';
import { topology } from '../../support/scenario-fixtures.ts';

/** A clock that stands still until everything waits for it, and then jumps to the next wake-up. */
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

  /** Lets time pass until `work` is done. @throws Error when everything waits for something other than time */
  async passing<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const settled = work.finally(() => {
      done = true;
    });
    settled.catch(() => {}); // Returned below.
    for (;;) {
      // Whatever can go on without time does so within two turns of the event loop.
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (done) return settled;
      const next = [...this.#sleepers].sort((one, other) => one.until - other.until)[0];
      if (next === undefined) throw new Error('nothing waits for the clock, and nothing goes on');
      this.#sleepers.delete(next);
      this.#now = next.until;
      next.wake();
    }
  }
}

/** A network that records what is done to it. Tests decide what its nodes report, by way of network/graph and send-message. */
export class FakeNetwork implements ScenarioNetwork {
  readonly topology = topology();
  readonly name = this.topology.name;
  runtime: RuntimeName = 'containers';
  /** Host of each node, in a swarm. */
  hosts: Record<string, string> = {};
  readonly addresses = new Map();
  readonly dialer = { connect: () => Promise.reject(new Error('not in a test')), close: () => {} };
  /** Actions with the seconds since the start: `10 kill a`. */
  readonly actions: string[] = [];
  readonly faultIds: (FaultId | undefined)[] = [];
  drift: Partial<Drift> = {};
  /** Limitation that each fault is in force with. */
  warning: string | undefined;
  /** Connected peers, by node. */
  connectedPeers: Record<string, string[]> = {};
  /** Milliseconds after which each node logs the receipt of a gossip message; absent: never. */
  gossipDelays: Record<string, number> = {};
  /** Of the nodes' clock. */
  clock: ClockOffset = SAME_CLOCK;
  /** Called for each action, to fail or to change something. */
  onAction: (action: string) => void | Promise<void> = () => {};
  readonly #clock: FakeClock;
  readonly #startedAt: number;
  readonly #takenDown = new AbortController();
  readonly #arrived: LogEntry[] = [];
  /** All entries, with the time when each was written. */
  readonly #written: { atMs: number; entry: LogEntry }[] = [];
  #wake: () => void = () => {};

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  async clockOffset(): Promise<ClockOffset> {
    return this.clock;
  }

  async nodes(): Promise<RunningNode[]> {
    return Object.entries(this.hosts).map(([name, onHost]) => ({ name, state: 'running', host: '', port: 0, onHost }));
  }

  async prepareFaults(faults: readonly Fault[]): Promise<void> {
    await this.onAction(`prepare ${faults.length}`);
  }

  async inject(fault: Fault, id?: FaultId): Promise<FaultHandle> {
    this.faultIds.push(id);
    await this.#record(describeFault(fault));
    const heal = () => this.#record(`heal ${describeFault(fault)}`);
    return { name: id?.name ?? '', fault, heal, ...(this.warning === undefined ? {} : { warning: this.warning }) };
  }

  /** Stands in for network/send-message. */
  async sendMessage(node: string, message: Message): Promise<Message> {
    if (message.message_type !== 'gossip') {
      await this.#record(`send ${node} ${JSON.stringify(message)}`);
      return { message_type: 'pong' };
    }
    await this.#record(`gossip ${node} ${JSON.stringify(message.payload)}`);
    const { id } = message.payload as { id: string };
    for (const [name, delayMs] of Object.entries(this.gossipDelays)) this.log(name, 'gossip_received', { id }, delayMs);
    return { message_type: 'ok' };
  }

  /** Stands in for network/graph. */
  async readGraph(): Promise<{ drift: Drift }> {
    await this.onAction('read graph');
    return { drift: { missing: [], broken: [], extra: [], unknown: [], listed: [], down: [], ...this.drift } };
  }

  /** Stands in for network/graph. */
  async readConnectedPeers(node: string): Promise<string[]> {
    return this.connectedPeers[node] ?? [];
  }

  async readLog({ follow, since = 0, signal }: ReadLogOptions): Promise<AsyncIterable<LogEntry[]>> {
    await this.onAction(follow ? 'log' : 'log as it is');
    if (!follow) {
      const now = this.#clock.now();
      const written = this.#written.filter(({ atMs, entry }) => atMs <= now && Date.parse(entry.time) >= since);
      return (async function* () {
        yield written.map(({ entry }) => entry);
      })();
    }
    return this.#followLog(signal!);
  }

  /** Logs an entry `delayMs` from now, which arrives `arrivalMs` after that. */
  log(node: string, event: string, fields: Record<string, unknown> = {}, delayMs = 0, arrivalMs = 300): void {
    const time = new Date(this.#clock.now() + this.clock.offsetMs + delayMs).toISOString().replace('Z', '000Z');
    const entry: LogEntry = { time, node, level: 'info', event, fields };
    this.#written.push({ atMs: this.#clock.now() + delayMs, entry });
    void this.#clock.sleep(delayMs + arrivalMs, this.#takenDown.signal).then(
      () => {
        this.#arrived.push(entry);
        this.#wake();
      },
      () => {},
    );
  }

  /** Ends the log, as when the network is taken down. */
  takeDown(): void {
    this.#takenDown.abort();
  }

  async #record(action: string): Promise<void> {
    this.actions.push(`${(this.#clock.now() - this.#startedAt) / 1000} ${action}`);
    await this.onAction(action);
  }

  async *#followLog(signal: AbortSignal): AsyncGenerator<LogEntry[]> {
    const wake = () => this.#wake();
    signal.addEventListener('abort', wake);
    this.#takenDown.signal.addEventListener('abort', wake);
    while (!signal.aborted && !this.#takenDown.signal.aborted) {
      if (this.#arrived.length > 0) yield this.#arrived.splice(0);
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
