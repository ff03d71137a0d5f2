import { formatMistakes, type Mistake } from '../topology/index.ts';

/** A scenario with mistakes: all of them, in the order of the file. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** The file as it was named by the caller. */
  readonly file: string;
  readonly mistakes: readonly Mistake[];

  constructor(file: string, mistakes: readonly Mistake[]) {
    super(formatMistakes(file, mistakes));
    this.file = file;
    this.mistakes = mistakes;
  }
}
