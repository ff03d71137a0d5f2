import { type Profiler, Session } from 'node:inspector';

/**
 * Counts work as the characters of source code that ran, each as often as it ran. The count does not depend on how fast or
 * busy the machine is. It does not include built-in functions.
 *
 * Create it first of all: V8 may not count functions that it had optimized before.
 */
export class WorkCounter {
  readonly #session = new Session();
  readonly #folder: string;

  /** Counts the code of src/, or of a folder in it, from now on. */
  constructor(folder?: string) {
    this.#folder = folder === undefined ? '/src/' : `/src/${folder}/`;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Returns the work since the last call, or since the start. */
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

/** Sums the ranges of one function. An inner range follows the one around it, and exists only where their counts differ. */
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
