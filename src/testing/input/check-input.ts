import { inspect } from 'node:util';
import { RUNTIME_CAPABILITIES } from '../../network/capabilities.ts';
import { LEVELS } from '../../network/log-entry.ts';
import { DevnetError } from '../../shared/errors.ts';
import { truncate } from '../../shared/text.ts';
import { MAX_TIMEOUT_MS } from '../../shared/time/signal-with-timeout.ts';
import { didYouMean } from '../../topology/document/did-you-mean.ts';
import { MAX_NAME_LENGTH, MAX_SEED, MIN_CPUS, NAME_PATTERN } from '../../topology/model/limits.ts';

const MAX_QUOTED_CHARACTERS = 80;

/** Check of a value. `expected` completes "expected …". */
export interface InputRule {
  expected: string;
  accepts(value: unknown): boolean;
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isWholeNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isListOfStrings = (value: unknown) => Array.isArray(value) && value.every(isString);

export function oneOf(words: readonly (string | boolean)[]): InputRule {
  return { expected: `one of ${words.join(', ')}`, accepts: (value) => (words as readonly unknown[]).includes(value) };
}

const BOOLEAN: InputRule = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const NAME: InputRule = {
  expected: `a name of lower-case letters, digits and inner hyphens, at most ${MAX_NAME_LENGTH} characters`,
  accepts: (value) => isString(value) && NAME_PATTERN.test(value) && value.length <= MAX_NAME_LENGTH,
};
const MILLISECONDS: InputRule = {
  expected: `a number of milliseconds from 0 to ${MAX_TIMEOUT_MS}`,
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= MAX_TIMEOUT_MS,
};
const SIGNAL: InputRule = { expected: 'an AbortSignal', accepts: (value) => value instanceof AbortSignal };
const NAMES: InputRule = { expected: 'a list of names', accepts: isListOfStrings };

export const FUNCTION: InputRule = { expected: 'a function', accepts: (value) => typeof value === 'function' };
export const PATH: InputRule = {
  expected: 'the path of a folder',
  accepts: (value) => isString(value) && value !== '',
};
export const MESSAGE_TYPE: InputRule = {
  expected: 'a message type',
  accepts: (value) => isString(value) && value !== '',
};
export const COMMAND: InputRule = {
  expected: "a program and its arguments, such as ['node', '--version']",
  accepts: (value) => isListOfStrings(value) && (value as string[]).length > 0,
};
export const FAULT_NAMES: InputRule = {
  expected: 'the name of a fault or node, or a list of names',
  accepts: (value) => value === undefined || isString(value) || isListOfStrings(value),
};
export const CORES: InputRule = {
  expected: `a number of cores, at least ${MIN_CPUS}`,
  accepts: (value) => Number.isFinite(value) && (value as number) >= MIN_CPUS,
};
/** A payload, which is sent as JSON. */
export const JSON_VALUE: InputRule = {
  expected: 'a value that JSON can express',
  accepts(value) {
    try {
      JSON.stringify(value);
      return true;
    } catch {
      return false; // A BigInt, or an object that contains itself.
    }
  },
};

/** Checks of the options of a call. */
type OptionChecks = Record<string, InputRule>;

export const SIGNAL_OPTION = { signal: SIGNAL } satisfies OptionChecks;
export const WAIT_OPTIONS = { timeout: MILLISECONDS, ...SIGNAL_OPTION } satisfies OptionChecks;
export const WAIT_FOR_OPTIONS = { ...WAIT_OPTIONS, every: MILLISECONDS } satisfies OptionChecks;
export const GOSSIP_OPTIONS = {
  ...WAIT_OPTIONS,
  id: { expected: 'a text of 1 to 256 characters', accepts: (value) => isString(value) && /^.{1,256}$/su.test(value) },
  to: NAMES,
} satisfies OptionChecks;
export const FAULT_OPTIONS = { name: NAME, ...SIGNAL_OPTION } satisfies OptionChecks;
export const LINK_FAULT_OPTIONS = { ...FAULT_OPTIONS, oneway: BOOLEAN } satisfies OptionChecks;
export const PARTITION_OPTIONS = {
  ...LINK_FAULT_OPTIONS,
  seed: {
    expected: `a whole number from 0 to ${MAX_SEED}`,
    accepts: (value) => isWholeNumber(value) && value <= MAX_SEED,
  },
} satisfies OptionChecks;
export const LOG_OPTIONS = {
  event: {
    expected: 'the name of an event, or a list of them',
    accepts: (value) => isString(value) || isListOfStrings(value),
  },
  level: oneOf(LEVELS),
  follow: BOOLEAN,
  tail: { expected: 'a number of lines', accepts: isWholeNumber },
  ...SIGNAL_OPTION,
} satisfies OptionChecks;
export const NETWORK_LOG_OPTIONS = { ...LOG_OPTIONS, nodes: NAMES } satisfies OptionChecks;
export const UP_OPTIONS = {
  name: NAME,
  engine: oneOf(Object.keys(RUNTIME_CAPABILITIES)),
  ...WAIT_OPTIONS,
  onFailure: oneOf(['remove', 'keep']),
  artifacts: {
    expected: 'the path of a folder, or false',
    accepts: (value) => value === false || PATH.accepts(value),
  },
} satisfies OptionChecks;

/**
 * Checks the argument of a call.
 * @param what names the call and the argument: `waitFor: the condition`
 * @throws DevnetError `usage`
 */
export function checkArgument(what: string, value: unknown, { expected, accepts }: InputRule): void {
  if (!accepts(value)) throw new DevnetError('usage', `${what} has to be ${expected}, not ${quote(value)}`);
}

/**
 * Checks the options of a call, so that one that is misspelt or of another type is not ignored.
 * @throws DevnetError `usage`
 */
export function checkOptions(call: string, options: unknown, checks: OptionChecks): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const example = `{ ${Object.keys(checks).slice(0, 3).join(', ')} }`;
    throw new DevnetError('usage', `${call}: expected an object such as ${example}, got ${quote(options)}`);
  }
  for (const [key, value] of Object.entries(options)) {
    const check = checks[key];
    if (check === undefined) {
      const hint = didYouMean(key, Object.keys(checks), 'known');
      throw new DevnetError('usage', `${call}: unknown option "${key}"`, hint === undefined ? {} : { hint });
    }
    if (value !== undefined) checkArgument(`${call}: ${key}`, value, check);
  }
}

/** Formats a value for a message, on one line. */
function quote(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 1, breakLength: Infinity });
  return truncate(text.replace(/\s+/g, ' '), MAX_QUOTED_CHARACTERS);
}
