/**
 * Collects the frames of one turn of the event loop into one write. Through an engine, each write costs a system call and a wake-up
 * in four processes, and most frames are small.
 */
export class FrameBatch {
  readonly #write: (bytes: Buffer) => void;
  #frames: Buffer[] = [];

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  add(frame: Buffer): void {
    if (this.#frames.push(frame) === 1) setImmediate(() => this.flush());
  }

  /** Writes what was collected now. */
  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames));
  }
}
