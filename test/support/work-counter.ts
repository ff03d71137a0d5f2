import { type Profiler, Session } from 'node:inspector';

/**
 * Counts the work of a part of the product as source code that ran: each of its characters as often as it did. The
 * figure is the same on a machine that is slow or busy. What built-in functions do is not in it.
 *
 * What V8 had optimized before counting began may be missed: begin first of all.
 */
export class WorkCounter {
  readonly #session = new Session();
  readonly #folder: string;

  /** Counts what is in a folder of src/ from now on. */
  constructor(folder: string) {
    this.#folder = `/src/${folder}/`;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The work since the last call, or the beginning. */
  take(): number {
    let work = 0;
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error) throw error;
      for (const { url, functions } of result) {
        if (url.includes(this.#folder)) for (const { ranges } of functions) work += workOf(ranges);
      }
    });
    return work;
  }

  stop(): void {
    this.#session.disconnect();
  }
}

/** Ranges of one function: an inner one comes after the one around it, and is there only where their counts differ. */
function workOf(ranges: Profiler.CoverageRange[]): number {
  const around: Profiler.CoverageRange[] = [];
  let work = 0;
  for (const range of ranges) {
    while (around.length > 0 && around.at(-1)!.endOffset <= range.startOffset) around.pop();
    work += (range.count - (around.at(-1)?.count ?? 0)) * (range.endOffset - range.startOffset);
    around.push(range);
  }
  return work;
}
