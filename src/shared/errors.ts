/**
 * Every way devnet fails that a person can do something about, by code. The code is stable: scripts and tests
 * compare it, never the message.
 */
export type ErrorCode =
  | 'topology_invalid'
  | 'scenario_invalid'
  | 'experiment_invalid'
  | 'file_unreadable'
  | 'usage'
  | 'engine_missing'
  | 'engine_denied'
  | 'engine_too_old'
  | 'engine_gone'
  | 'engine_failed'
  | 'engine_unroutable'
  | 'image_missing'
  | 'image_failed'
  | 'disk_full'
  | 'host_limit'
  | 'subnet_taken'
  | 'network_stuck'
  | 'name_taken'
  | 'no_such_devnet'
  | 'no_such_node'
  | 'node_died'
  | 'node_silent'
  | 'node_unreachable'
  | 'target_unreachable'
  | 'not_verified'
  | 'links_failed'
  | 'no_such_fault'
  | 'interrupted';

/** Returns the message of whatever was thrown. */
export function errorMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What a {@link DevnetError} carries beside its message. */
export interface ErrorDetails {
  /** What to do next, in one sentence or one command. */
  hint?: string;
  cause?: unknown;
}

/** An error with a stable `code`, a message that says what happened and where, and a `hint` that says what to do. */
export class DevnetError extends Error {
  override readonly name = 'DevnetError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}
