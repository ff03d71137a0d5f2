import { formatList } from '../../shared/text.ts';
import type { Expectation } from '../model/scenario.ts';
import type { LogEntry, ScenarioDriver } from '../model/scenario-driver.ts';
import type { LogBuffer } from './log-buffer.ts';

/** How an expectation stands, and what was seen last; while it is open, `inTheEnd` says what it comes to if nothing changes. */
export type CheckState =
  | { state: 'met' | 'missed'; seen: string }
  | { state: 'open'; atDeadline: 'met' | 'missed'; seen: string };

/** An expectation at work. */
export interface ExpectationCheck {
  poll(): Promise<CheckState>;
  /** Told by lines of the log, which arrive a moment after they were written. */
  usesLog: boolean;
  stop(): void;
}

/** What checks look at. */
export interface CheckContext {
  driver: ScenarioDriver;
  logBuffer: LogBuffer;
  /** When the step began, by the schedule: lines of the log count from here. Milliseconds since the epoch. */
  stepStartedAt: number;
  /** When the expectation itself began: its time runs from here. */
  startedAt: number;
  newId(): string;
}

/** Begins to look at what an expectation is about. @throws DevnetError `node_unreachable` when its news cannot be told */
export async function startCheck(expectation: Expectation, scene: CheckContext): Promise<ExpectationCheck> {
  switch (expectation.kind) {
    case 'gossip':
      return checkGossip(expectation, scene);
    case 'no drift':
      return pollingCheck(async () => {
        const drift = await scene.driver.drift();
        return drift.length === 0 ? met('no drift') : pending(drift.join('; '));
      });
    case 'log':
      return checkLog(expectation, scene);
    case 'peers':
      return pollingCheck(async () => {
        const { node, peers: expected } = expectation;
        const peers = await scene.driver.connectedPeers(node);
        const asExpected = typeof expected === 'number' ? peers.length === expected : sameNames(peers, expected);
        const seen = peers.length === 0 ? `${node} has no peers` : `${node} has peers ${formatList(peers)}`;
        return asExpected ? met(seen) : pending(seen);
      });
    case 'links':
      return pollingCheck(() => checkLinks(expectation, scene.driver));
  }
}

type ExpectationOf<Kind extends Expectation['kind']> = Extract<Expectation, { kind: Kind }>;

async function checkGossip(
  { from, data, reaches, only, within }: ExpectationOf<'gossip'>,
  { driver: actions, logBuffer: journal, startedAt: began, newId }: CheckContext,
): Promise<ExpectationCheck> {
  const id = newId();
  const wanted = new Set(reaches);
  /** Milliseconds after the news was told, by node. */
  const reached = new Map<string, number>();
  const stop = journal.subscribe(began, (line) => {
    if (actions.receivedGossipId(line) === id && !reached.has(line.node))
      reached.set(line.node, Date.parse(line.time) - began);
  });
  try {
    await actions.gossip(from, { id, ...(data === undefined ? {} : { data }) });
  } catch (cause) {
    stop();
    throw cause;
  }
  return {
    usesLog: true,
    stop: stop,
    async poll() {
      const inTime = [...reached].filter(([, after]) => after <= within);
      const strangers = inTime.map(([node]) => node).filter((node) => !wanted.has(node) && node !== from);
      const without = reaches.filter((node) => !inTime.some(([name]) => name === node));
      const late = without.filter((node) => reached.has(node));
      const last = Math.max(0, ...inTime.map(([, after]) => after));
      const seen = [
        `${reaches.length - without.length} of ${reaches.length} within ${Math.round(last)} ms`,
        ...(without.length > 0 ? [`without ${formatList(without)}`] : []),
        ...(late.length > 0 ? [`too late: ${formatList(late)}`] : []),
        ...(only && strangers.length > 0 ? [`and also ${formatList(strangers)}`] : []),
      ].join(', ');
      if (only && strangers.length > 0) return { state: 'missed', seen };
      if (without.length > 0) return pending(seen);
      return only ? pending(seen, 'met') : met(seen);
    },
  };
}

async function checkLog(
  { nodes, pattern, flags, never, within }: ExpectationOf<'log'>,
  { logBuffer: journal, stepStartedAt: since, startedAt: began }: CheckContext,
): Promise<ExpectationCheck> {
  const wanted = nodes && new Set(nodes);
  const expression = new RegExp(pattern, flags);
  let lines = 0;
  let found: LogEntry | undefined;
  const stop = journal.subscribe(since, (line) => {
    if (found !== undefined || Date.parse(line.time) > began + within) return;
    if (wanted !== undefined && !wanted.has(line.node)) return;
    lines++;
    // A global expression would begin where it found something last.
    expression.lastIndex = 0;
    if (expression.test(formatLogText(line))) found = line;
  });
  return {
    usesLog: true,
    stop: stop,
    async poll() {
      if (found === undefined)
        return pending(`none of ${lines} ${lines === 1 ? 'line' : 'lines'}`, never ? 'met' : 'missed');
      const seen = `${found.node} ${formatLogText(found)}`;
      return never ? { state: 'missed', seen } : met(seen);
    },
  };
}

/** What a pattern is held against: the event and its fields, as the log on the screen has them. */
export function formatLogText({ event, fields }: LogEntry): string {
  if (event === 'output') return String(fields.text);
  const value = (field: unknown) => (typeof field === 'string' ? field : JSON.stringify(field));
  return [event, ...Object.entries(fields).map(([key, field]) => `${key}=${value(field)}`)].join(' ');
}

async function checkLinks({ links, up }: ExpectationOf<'links'>, actions: ScenarioDriver): Promise<CheckState> {
  const dialers = [...new Set(links.map(({ from }) => from))];
  const peers = new Map(
    await Promise.all(dialers.map(async (node) => [node, await actions.connectedPeers(node)] as const)),
  );
  const wrong = links.filter(({ from, to }) => (peers.get(from) as string[]).includes(to) !== up);
  if (wrong.length === 0) return met(up ? 'up' : 'down');
  return pending(`${up ? 'down' : 'up'}: ${formatList(wrong.map(({ from, to }) => `${from} -> ${to}`))}`);
}

function pollingCheck(look: () => Promise<CheckState>): ExpectationCheck {
  return { poll: look, usesLog: false, stop: () => {} };
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && others.every((name) => some.includes(name));
}

function met(seen: string): CheckState {
  return { state: 'met', seen };
}

function pending(seen: string, inTheEnd: 'met' | 'missed' = 'missed'): CheckState {
  return { state: 'open', atDeadline: inTheEnd, seen };
}
