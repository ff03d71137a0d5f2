import { open, stat } from 'node:fs/promises';
import type { NewEvent } from '../live-recording.ts';
import type { NetworkRecorder } from '../network-recorder.ts';
import { NODE_FAULT_KINDS } from '../status-changes.ts';
import { journalEvents, parseJournalLine } from './action-events.ts';

/** Time between two looks at the journal, milliseconds. */
const POLL_INTERVAL_MS = 250;

type Recorder = Pick<NetworkRecorder, 'live' | 'record' | 'timeAgo'>;

/**
 * Records the faults on nodes that commands of other processes note in the journal of a network. The log tells that a node ended or
 * was paused, but not that a fault did it, nor that one limits a node.
 */
export class ActionFollower {
  readonly #path: string;
  readonly #recorder: Recorder;
  /** Faults that are recorded already: this process notes its own in the same journal. */
  readonly #known = new Set<string>();
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #reading = Promise.resolve();
  /** Up to here the journal is read, bytes. */
  #at: number;

  private constructor(path: string, recorder: Recorder, at: number) {
    this.#path = path;
    this.#recorder = recorder;
    this.#at = at;
    this.#unsubscribe = recorder.live.subscribe((event) => {
      if (event.type === 'fault') this.#known.add(event.name);
    });
    this.#timer = setInterval(() => this.#readSoon(), POLL_INTERVAL_MS).unref();
  }

  /** Begins with what is added from now on. The journal need not exist yet. */
  static async start(path: string, recorder: Recorder): Promise<ActionFollower> {
    return new ActionFollower(path, recorder, await sizeOf(path));
  }

  /** Records what was added last, and ends. Never throws. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#readSoon();
    await this.#reading;
    this.#unsubscribe();
  }

  #readSoon(): void {
    this.#reading = this.#reading.then(() => this.#read()).catch(() => {}); // It is not there, or no longer.
  }

  async #read(): Promise<void> {
    const size = await sizeOf(this.#path);
    if (size < this.#at) this.#at = 0; // Another one.
    if (size === this.#at) return;
    const file = await open(this.#path);
    try {
      const bytes = Buffer.alloc(size - this.#at);
      await file.read(bytes, 0, bytes.length, this.#at);
      const end = bytes.lastIndexOf('\n') + 1;
      this.#at += end;
      for (const line of bytes.toString('utf8', 0, end).split('\n')) this.#record(line);
    } finally {
      await file.close();
    }
  }

  #record(line: string): void {
    for (const entry of parseJournalLine(line)) {
      const time = this.#recorder.timeAgo(Date.now() - Date.parse(entry.time));
      for (const event of journalEvents(entry, this.#recorder.live.snapshot)) {
        if (event.type === 'heal') this.#recorder.record({ ...event, time });
        else if (event.type === 'fault' && this.#isNew(event)) this.#recorder.record({ ...event, since: time, time });
      }
    }
  }

  /** Returns whether only the journal tells of a fault: those on links are read from the network, with who injected them. */
  #isNew({ name, faults = [] }: Extract<NewEvent, { type: 'fault' }>): boolean {
    return !this.#known.has(name) && faults.some(({ kind }) => NODE_FAULT_KINDS.has(kind));
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
