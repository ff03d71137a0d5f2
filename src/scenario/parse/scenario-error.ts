import { type Diagnostic, formatDiagnostics } from '../../topology/index.ts';

/** Thrown for a scenario with mistakes; holds all of them, in the order of the file. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  /** Name of the file as the caller gave it. */
  readonly file: string;
  readonly diagnostics: readonly Diagnostic[];

  constructor(file: string, diagnostics: readonly Diagnostic[]) {
    super(formatDiagnostics(file, diagnostics));
    this.file = file;
    this.diagnostics = diagnostics;
  }
}
