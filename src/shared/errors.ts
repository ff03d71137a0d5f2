/** Codes of the errors that a person can act on. They are stable: compare the code, never the message. */
export type ErrorCode =
  | 'topology_invalid'
  | 'scenario_invalid'
  | 'experiment_invalid'
  | 'file_unreadable'
  | 'file_unwritable'
  | 'usage'
  | 'engine_missing'
  | 'engine_denied'
  | 'engine_too_old'
  | 'engine_gone'
  | 'engine_failed'
  | 'wrong_network'
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
export function describeError(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Details of a {@link DevnetError} beside its code and message. */
export interface ErrorDetails {
  /** Says what to do next, in one sentence or one command. @default none */
  hint?: string;
  /** The error that caused this one. @default none */
  cause?: unknown;
}

/** An error that a person can act on: its message says what happened and where, its `hint` what to do. */
export class DevnetError extends Error {
  override readonly name: string = 'DevnetError';
  /** Stable code of the error. */
  readonly code: ErrorCode;
  /** Says what to do next, in one sentence or one command; undefined when the message says all. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
  }
}
