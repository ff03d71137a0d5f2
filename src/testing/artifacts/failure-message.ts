import { inspect } from 'node:util';
import { CONTROLLER, CONTROLLER_LABEL, formatLogText, type LogEntry } from '../../network/log-entry.ts';
import { nameNodes, namesByAddress } from '../../network/node-names.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { describeError } from '../../shared/errors.ts';
import { truncate } from '../../shared/text.ts';
import type { PollResult } from '../../shared/time/poll.ts';

/** An attempt that is still running at the end of a wait is reported as hung after this time, milliseconds. */
const MIN_REPORTED_HANG_MS = 80;
const MAX_TEXT_CHARACTERS = 500;
const MAX_EXCERPT_LINES = 20;

/** Returns the source text of a condition. */
export function describeCondition(condition: unknown): string {
  return truncate(String(condition).replace(/\s+/g, ' '), MAX_TEXT_CHARACTERS);
}

/** Describes what a condition returned or threw last: `false (97 attempts)`. */
export function describeLastAttempt({
  attempts,
  last,
  failure,
  hungMs = 0,
}: Extract<PollResult<unknown>, { met: false }>): string {
  const isNothing = last === undefined && failure === undefined;
  const value = failure === undefined ? inspect(last, { depth: 4, breakLength: 100 }) : describeError(failure);
  const notes = [
    `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`,
    ...(hungMs >= MIN_REPORTED_HANG_MS ? [`the last one hung for ${hungMs / 1_000} s`] : []),
    ...(isNothing && hungMs === 0 ? ['a condition has to return something truthy'] : []),
  ];
  return `${truncate(isNothing ? 'nothing' : value, MAX_TEXT_CHARACTERS)} (${notes.join('; ')})`;
}

/** Returns the last lines of the merged log, indented; or why the log cannot be read. */
export async function readLogExcerpt(network: RunningNetwork): Promise<string> {
  try {
    let entries: LogEntry[] = [];
    for await (const batch of await network.readLog({ follow: false, tail: MAX_EXCERPT_LINES })) {
      entries = [...entries, ...batch].slice(-MAX_EXCERPT_LINES);
    }
    const names = namesByAddress(network);
    const lines = entries.map((entry) => `\n    ${formatEntry(nameNodes(entry, names))}`);
    return lines.length > 0 ? `the last lines of the log:${lines.join('')}` : 'the log is empty';
  } catch (cause) {
    return `the log cannot be read: ${describeError(cause)}`;
  }
}

/** `15:16:45.850123 n2 gossip_received id=news-1 from=n1 hops=1`, in UTC. */
function formatEntry(entry: LogEntry): string {
  return `${entry.time.slice(11, 26)} ${entry.node === CONTROLLER ? CONTROLLER_LABEL : entry.node} ${formatLogText(entry)}`;
}
