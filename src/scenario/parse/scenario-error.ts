import { type Diagnostic, formatDiagnostics } from '../../topology/index.ts';

/** A scenario with mistakes: all of them, in the order of the file. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** The file as it was named by the caller. */
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];

  constructor(file: string, mistakes: readonly Diagnostic[]) {
    super(formatDiagnostics(file, mistakes));
    this.file = file;
    this.diagnostics = mistakes;
  }
}
