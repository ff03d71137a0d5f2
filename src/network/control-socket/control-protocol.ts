import type { TerminalSize } from '../../engine/exec.ts';
import { DevnetError, type ErrorCode } from '../../shared/errors.ts';
import type { Topology } from '../../topology/model/topology.ts';
import { type IncapableEngine, type Requirement, type RuntimeName, UnsupportedError } from '../capabilities.ts';
import type { Fault } from '../fault.ts';
import type { NodeAddress, RunningNetwork } from '../running-network.ts';

// One connection is one call. Lines of JSON: the server sends a greeting, the client a call; the server any number of items and
// then a result or an error. A client that closes the connection aborts the call. After the result of `dial`, the connection
// is one to the node.

export const CONTROL_PROTOCOL = 'devnet-control';
/** Raised by every change that an older client or server would misunderstand. */
export const CONTROL_VERSION = 1;

/** First line from a server. */
export interface Greeting {
  protocol: typeof CONTROL_PROTOCOL;
  version: number;
  /** Id of the process that serves the network. */
  pid: number;
}

export interface Call {
  method: string;
  args: unknown[];
}

/** Methods of a network that take and return JSON, and cannot be aborted. */
const PLAIN_METHODS = [
  'nodes',
  'summary',
  'status',
  'kill',
  'stop',
  'pause',
  'prepareFaults',
  'heal',
  'activeFaults',
  'linkConditions',
  'linkReport',
  'versions',
  'keep',
  'down',
] as const satisfies readonly (keyof RunningNetwork)[];

export type PlainMethod = (typeof PLAIN_METHODS)[number];

export const isPlainMethod = (method: string): method is PlainMethod => PLAIN_METHODS.includes(method as PlainMethod);

export type Reply = { item: unknown } | { result?: unknown } | { error: ErrorReply };

/** Description of a network that a client needs to act on it: the result of `describe`. */
export interface NetworkDescription {
  name: string;
  runtime: RuntimeName;
  topology: Topology;
  addresses: [name: string, address: NodeAddress][];
}

/** Result of `inject`. */
export interface FaultReply {
  name: string;
  fault: Fault;
  warning?: string;
  /** Number that `healInjected` takes. */
  handle: number;
}

/** Arguments of `exec`. */
export type ExecArgs = [
  node: string,
  command: readonly string[],
  streams: {
    /** The client sends standard input. */
    hasInput: boolean;
    /** Present where the command runs in a terminal; its size is that of the client's. */
    terminal?: { size?: TerminalSize };
  },
];

/** Input that a client sends while its command runs: bytes of standard input in base64, its end, a new size of its terminal. */
export type ExecInput = { input: string } | { inputEnded: true } | { size: TerminalSize };

/** Item of `capturePackets`; the first one, sent when no later packet can be missed, is empty. */
export type CaptureItem = { bytes?: string; dropped?: number };

/** Answer of a client to the item of `declareLinks`, once it has applied the links. */
export type AppliedLinks = { error?: ErrorReply };

type ErrorReply =
  | {
      kind: 'unsupported';
      runtime: RuntimeName;
      requirements: Requirement[];
      engine?: IncapableEngine;
    }
  | { kind: 'devnet'; code: ErrorCode; message: string; hint?: string }
  /** An error of the system, such as `ECONNREFUSED`, or one that nobody foresaw. */
  | { kind: 'other'; message: string; code?: string };

export function encodeError(cause: unknown): ErrorReply {
  if (cause instanceof UnsupportedError) {
    const { runtime, requirements, engine } = cause;
    return { kind: 'unsupported', runtime, requirements: [...requirements], ...(engine ? { engine } : {}) };
  }
  if (cause instanceof DevnetError) {
    const { code, message, hint } = cause;
    return { kind: 'devnet', code, message, ...(hint === undefined ? {} : { hint }) };
  }
  if (!(cause instanceof Error)) return { kind: 'other', message: String(cause) };
  const { code } = cause as NodeJS.ErrnoException;
  return { kind: 'other', message: cause.message, ...(code === undefined ? {} : { code }) };
}

export function decodeError(error: ErrorReply): Error {
  switch (error.kind) {
    case 'unsupported':
      return new UnsupportedError(error.runtime, error.requirements, error.engine);
    case 'devnet':
      return new DevnetError(error.code, error.message, error.hint === undefined ? {} : { hint: error.hint });
    case 'other':
      return Object.assign(new Error(error.message), error.code === undefined ? {} : { code: error.code });
  }
}
