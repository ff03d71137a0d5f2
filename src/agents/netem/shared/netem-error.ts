/** A state could not be applied: what happened and, in `hint`, what to do about it. */
export class NetemError extends Error {
  override readonly name = 'NetemError';
  readonly hint: string | undefined;

  constructor(message: string, details: { hint?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.hint = details.hint;
  }
}
