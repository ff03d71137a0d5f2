import type { Snapshot } from '../../../recording/recording-event.ts';
import { type CommandResult, type PageCommand, toCommandLine } from '../../page/page-command.ts';
import type { PageMessage, PageSetup } from '../../page/page-message.ts';
import type { GraphItem } from './graph-item.ts';
import { RecordedRun, type TimeRange } from './recorded-run.ts';

/** A command that was sent from this page. */
export interface SentCommand {
  id: number;
  /** As one would type it. */
  line: string;
  /** Absent while it runs. */
  result?: CommandResult;
}

/** Connection to the server. */
export type Connection = 'connecting' | 'open' | 'lost' | 'none';

/** Speeds of playing, in seconds of the run per second. */
export const SPEEDS = [0.001, 0.01, 0.1, 1, 5, 20, 60] as const;

const MAX_SENT_COMMANDS = 50;

/** Everything that the page shows, and what the reader has chosen. Tells those who subscribe when anything changes. */
export class PageStore {
  readonly setup: PageSetup;
  readonly run: RecordedRun;
  connection: Connection;
  /** Share of the log that was read, 0–1. */
  loaded = 1;
  /** Moment that is shown; undefined: the latest, as it comes. */
  cursorMs: number | undefined;
  speed = 1;
  isPlaying = false;
  /** Playing stops here. @default at the end */
  #playUntilMs: number | undefined;
  selected: GraphItem | undefined;
  /** Id of the gossip message whose way is shown. */
  messageId: string | undefined;
  search = '';
  sent: SentCommand[] = [];
  /** Number of changes so far. */
  changes = 0;
  /** Command that a button would send: shown while it is pointed at. */
  preview: PageCommand | undefined;
  readonly #send: ((command: PageCommand) => Promise<CommandResult>) | undefined;
  readonly #schedule: (callback: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #isScheduled = false;
  #nextId = 1;
  /** Time of the last messages, by this page's clock. */
  #receivedAt = 0;

  /**
   * @param options.send sends a command to the server; absent: nothing can be done, as in a replay
   * @param options.schedule calls a function soon, such as before the next frame: changes until then are one
   */
  constructor(
    setup: PageSetup,
    options: { send?: (command: PageCommand) => Promise<CommandResult>; schedule: (callback: () => void) => void },
  ) {
    this.setup = setup;
    // A finished run is whole; one that goes on is forgotten bit by bit.
    this.run = setup.mode === 'live' ? new RecordedRun() : new RecordedRun(Number.POSITIVE_INFINITY);
    this.connection = setup.mode === 'live' ? 'connecting' : 'none';
    this.#send = options.send;
    this.#schedule = options.schedule;
  }

  /** True if commands can be sent: the network runs, and the latest moment is shown. */
  get canAct(): boolean {
    return this.#send !== undefined && this.isLive;
  }

  /** First and last moment, milliseconds since the epoch; while the network runs, the last one is now. */
  get range(): TimeRange | undefined {
    const { range } = this.run;
    if (!range || !this.isLive) return range;
    return { fromMs: range.fromMs, toMs: range.toMs + Math.max(0, performance.now() - this.#receivedAt) };
  }

  /** True while the network runs, and tells what happens. */
  get isLive(): boolean {
    return this.connection === 'open' && this.run.latest.ended === undefined;
  }

  /** Moment that is shown, milliseconds since the epoch. */
  get atMs(): number {
    return this.cursorMs ?? this.range?.toMs ?? 0;
  }

  get snapshot(): Snapshot {
    return this.cursorMs === undefined ? this.run.latest : this.run.stateAt(this.cursorMs);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes what is chosen, and tells. */
  set(
    change: Partial<
      Pick<PageStore, 'selected' | 'messageId' | 'search' | 'speed' | 'preview' | 'connection' | 'loaded'>
    >,
  ): void {
    Object.assign(this, change);
    this.#changed();
  }

  receive(messages: readonly PageMessage[]): void {
    this.run.add(messages);
    this.#receivedAt = performance.now();
    this.#changed();
  }

  /** Shows a moment; the end of a running network is `undefined`. */
  seek(atMs: number | undefined): void {
    const { range } = this;
    if (atMs === undefined || !range) this.cursorMs = undefined;
    else this.cursorMs = Math.min(Math.max(atMs, range.fromMs), range.toMs);
    if (this.cursorMs === undefined) this.isPlaying = false;
    this.#changed();
  }

  /** @param untilMs where to stop. @default at the end */
  play(isPlaying: boolean, untilMs?: number): void {
    const { range } = this;
    if (!range) return;
    if (isPlaying && (this.cursorMs === undefined || this.cursorMs >= range.toMs)) this.cursorMs = range.fromMs;
    this.isPlaying = isPlaying;
    this.#playUntilMs = untilMs;
    this.#changed();
  }

  /** Moves on by the time that passed while playing. */
  advance(elapsedMs: number): void {
    const { range } = this;
    if (!this.isPlaying || this.cursorMs === undefined || !range) return;
    this.cursorMs += elapsedMs * this.speed;
    if (this.#playUntilMs !== undefined && this.cursorMs >= this.#playUntilMs) {
      this.cursorMs = this.#playUntilMs;
      this.isPlaying = false;
    }
    if (this.cursorMs >= range.toMs) {
      this.cursorMs = this.setup.mode === 'live' ? undefined : range.toMs;
      this.isPlaying = false;
    }
    this.#changed();
  }

  /** Sends a command, and keeps it with its result. */
  async act(command: PageCommand): Promise<CommandResult | undefined> {
    if (!this.#send) return undefined;
    const sent: SentCommand = { id: this.#nextId++, line: this.commandLine(command) };
    this.sent = [...this.sent, sent].slice(-MAX_SENT_COMMANDS);
    this.#changed();
    const result = await this.#send(command);
    this.sent = this.sent.map((one) => (one.id === sent.id ? { ...one, result } : one));
    this.#changed();
    return result;
  }

  /** Returns the command line that does the same as a command. */
  commandLine(command: PageCommand): string {
    return `${this.setup.commandPrefix} ${toCommandLine(command, this.setup.network)}`;
  }

  #changed(): void {
    this.changes++;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
