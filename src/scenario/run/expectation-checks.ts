import { readConnectedPeers, readGraph } from '../../network/links/actual-graph.ts';
import { describeDrift } from '../../network/links/drift.ts';
import { formatLogText, type LogEntry } from '../../network/log-entry.ts';
import { readNamedLog } from '../../network/node-names.ts';
import type { ReceiptCollector } from '../../network/receipt-collector.ts';
import type { RunningNetwork } from '../../network/running-network.ts';
import { sendMessage } from '../../network/send-message.ts';
import { formatList, pluralize } from '../../shared/text.ts';
import { type ClockOffset, earliestTime } from '../../shared/time/clock-offset.ts';
import { formatLinks } from '../model/describe.ts';
import type { Expectation } from '../model/scenario.ts';
import type { LogBuffer } from './log-buffer.ts';

/** Part of a running network that a scenario uses. */
export type ScenarioNetwork = Pick<
  RunningNetwork,
  | 'name'
  | 'runtime'
  | 'topology'
  | 'addresses'
  | 'dialer'
  | 'clockOffset'
  | 'nodes'
  | 'readLog'
  | 'prepareFaults'
  | 'inject'
>;

/** State of an expectation. While it is pending, `atDeadline` says what it is if nothing changes until then. */
export type CheckState =
  | { state: 'met' | 'missed'; seen: string }
  | { state: 'pending'; atDeadline: 'met' | 'missed'; seen: string };

/** A running check of an expectation. */
export interface ExpectationCheck {
  poll(): Promise<CheckState>;
  /** Reads again what it needs of the log as it is now; absent if it does not depend on the log. */
  readAgain?(signal: AbortSignal): Promise<void>;
  stop(): void;
}

export interface CheckContext {
  network: ScenarioNetwork;
  logBuffer: LogBuffer;
  receipts: ReceiptCollector;
  /** Scheduled start of the step, from which on log entries count, milliseconds since the epoch. */
  stepStartedAt: number;
  /** Start of the expectation itself, from which on its time runs, milliseconds since the epoch. */
  startedAt: number;
  /** Both times above are by this process's clock, those of log entries by the nodes'. */
  clockOffset: ClockOffset;
  newId(): string;
}

/** Starts to check an expectation. @throws DevnetError `node_unreachable` when its gossip message cannot be sent */
export async function startCheck(expectation: Expectation, context: CheckContext): Promise<ExpectationCheck> {
  const { network } = context;
  switch (expectation.kind) {
    case 'gossip':
      return checkGossip(expectation, context);
    case 'no drift':
      return pollingCheck(async () => {
        const drift = describeDrift((await readGraph(network)).drift);
        return drift.length === 0 ? met('no drift') : pending(drift.join('; '));
      });
    case 'log':
      return checkLog(expectation, context);
    case 'peers':
      return pollingCheck(async () => {
        const { node, peers: expected } = expectation;
        const peers = await readConnectedPeers(network, node);
        const asExpected = typeof expected === 'number' ? peers.length === expected : haveSameNames(peers, expected);
        const seen = peers.length === 0 ? `${node} has no peers` : `${node} has peers ${formatList(peers)}`;
        return asExpected ? met(seen) : pending(seen);
      });
    case 'links':
      return pollingCheck(() => checkLinks(expectation, network));
  }
}

type ExpectationOf<Kind extends Expectation['kind']> = Extract<Expectation, { kind: Kind }>;

async function checkGossip(
  { from, data, reaches, only, within }: ExpectationOf<'gossip'>,
  context: CheckContext,
): Promise<ExpectationCheck> {
  const { network, receipts, startedAt, clockOffset, newId } = context;
  const id = newId();
  receipts.watch(id);
  await sendMessage(network, from, {
    message_type: 'gossip',
    payload: { id, ...(data === undefined ? {} : { data }) },
  });
  const expected = new Set(reaches);
  return {
    readAgain: (signal) => readLogSince(startedAt, context, (entry) => receipts.add([entry]), signal),
    stop: () => receipts.unwatch(id),
    async poll() {
      const received = receipts.receipts(id);
      // Where the sender logs when it got the message, nobody else's clock is needed.
      const own = received.find(({ node }) => node === from);
      const sentAt = own ? Date.parse(own.at) : startedAt + clockOffset.offsetMs;
      const delays = new Map(received.map(({ node, at }) => [node, Date.parse(at) - sentAt]));
      const inTime = new Map([...delays].filter(([, delayMs]) => delayMs <= within));
      const unexpected = [...inTime.keys()].filter((node) => !expected.has(node) && node !== from);
      const missing = reaches.filter((node) => !inTime.has(node));
      const late = missing.filter((node) => delays.has(node));
      const seen = [
        `${reaches.length - missing.length} of ${reaches.length} within ${Math.round(Math.max(0, ...inTime.values()))} ms`,
        ...(missing.length > 0 ? [`without ${formatList(missing)}`] : []),
        ...(late.length > 0 ? [`too late: ${formatList(late)}`] : []),
        ...(only && unexpected.length > 0 ? [`and also ${formatList(unexpected)}`] : []),
      ].join(', ');
      if (only && unexpected.length > 0) return { state: 'missed', seen };
      if (missing.length > 0) return pending(seen);
      return only ? pending(seen, 'met') : met(seen);
    },
  };
}

async function checkLog(
  { nodes, pattern, flags, never, within }: ExpectationOf<'log'>,
  context: CheckContext,
): Promise<ExpectationCheck> {
  const { logBuffer, stepStartedAt, startedAt, clockOffset } = context;
  const sources = nodes && new Set(nodes);
  const regExp = new RegExp(pattern, flags);
  let count = 0;
  let found: LogEntry | undefined;
  const endsAt = startedAt + clockOffset.offsetMs + within;
  const check = (entry: LogEntry) => {
    if (found !== undefined || Date.parse(entry.time) > endsAt) return;
    if (sources !== undefined && !sources.has(entry.node)) return;
    count++;
    regExp.lastIndex = 0; // With the flag g, a test starts where the last one matched.
    if (regExp.test(formatLogText(entry))) found = entry;
  };
  const stop = logBuffer.subscribe(earliestTime(stepStartedAt, clockOffset), check);
  return {
    stop,
    async readAgain(signal) {
      const followed = count;
      stop();
      count = 0;
      await readLogSince(stepStartedAt, context, check, signal);
      // What the controller says is in the followed log only.
      count = Math.max(count, followed);
    },
    async poll() {
      if (found === undefined) return pending(`none of ${pluralize(count, 'line')}`, never ? 'met' : 'missed');
      const seen = `${found.node} ${formatLogText(found)}`;
      return never ? { state: 'missed', seen } : met(seen);
    },
  };
}

async function checkLinks({ links, up }: ExpectationOf<'links'>, network: ScenarioNetwork): Promise<CheckState> {
  const dialers = [...new Set(links.map(({ from }) => from))];
  const peers = new Map(
    await Promise.all(dialers.map(async (node) => [node, await readConnectedPeers(network, node)] as const)),
  );
  const wrong = links.filter(({ from, to }) => peers.get(from)!.includes(to) !== up);
  return wrong.length === 0 ? met(up ? 'up' : 'down') : pending(`${up ? 'down' : 'up'}: ${formatLinks(wrong)}`);
}

function pollingCheck(poll: () => Promise<CheckState>): ExpectationCheck {
  return { poll, stop: () => {} };
}

/** Reads the log as it is now. @param since by this process's clock, milliseconds since the epoch */
async function readLogSince(
  since: number,
  { network, clockOffset }: CheckContext,
  onEntry: (entry: LogEntry) => void,
  signal: AbortSignal,
): Promise<void> {
  const log = await readNamedLog(network, { follow: false, since: earliestTime(since, clockOffset), signal });
  for await (const entries of log) for (const entry of entries) onEntry(entry);
}

function haveSameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && others.every((name) => some.includes(name));
}

function met(seen: string): CheckState {
  return { state: 'met', seen };
}

function pending(seen: string, atDeadline: 'met' | 'missed' = 'missed'): CheckState {
  return { state: 'pending', atDeadline, seen };
}
