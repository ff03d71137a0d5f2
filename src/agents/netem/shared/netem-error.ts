/** Why a state could not be carried out: what happened, and in `hint` what to do next where there is something. */
export class NetemError extends Error {
  override readonly name = 'LinksError';
  readonly hint: string | undefined;

  constructor(message: string, details: { hint?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.hint = details.hint;
  }
}
