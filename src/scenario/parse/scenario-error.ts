import { type Diagnostic, DiagnosticsError } from '../../topology/index.ts';

/** Thrown for a scenario with mistakes; its code is `scenario_invalid`. */
export class ScenarioError extends DiagnosticsError {
  override readonly name = 'ScenarioError';

  constructor(file: string, diagnostics: readonly Diagnostic[]) {
    super('scenario_invalid', file, diagnostics);
  }
}
