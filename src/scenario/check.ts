import type { Actions, LogLine } from './actions.ts';
import type { Expectation } from './expectation.ts';
import type { Journal } from './journal.ts';
import { list } from './words.ts';

/** How an expectation stands, and what was seen last; while it is open, `inTheEnd` says what it comes to if nothing changes. */
export type Standing =
  | { state: 'met' | 'missed'; seen: string }
  | { state: 'open'; inTheEnd: 'met' | 'missed'; seen: string };

/** An expectation at work. */
export interface Check {
  look(): Promise<Standing>;
  /** Told by lines of the log, which arrive a moment after they were written. */
  byLog: boolean;
  end(): void;
}

/** What checks look at. */
export interface Scene {
  actions: Actions;
  journal: Journal;
  /** When the step began, by the schedule: lines of the log count from here. Milliseconds since the epoch. */
  since: number;
  /** When the expectation itself began: its time runs from here. */
  began: number;
  newId(): string;
}

/** Begins to look at what an expectation is about. @throws DevnetError `node_unreachable` when its news cannot be told */
export async function beginCheck(expectation: Expectation, scene: Scene): Promise<Check> {
  switch (expectation.kind) {
    case 'gossip':
      return gossip(expectation, scene);
    case 'no drift':
      return polled(async () => {
        const drift = await scene.actions.drift();
        return drift.length === 0 ? met('no drift') : open(drift.join('; '));
      });
    case 'log':
      return log(expectation, scene);
    case 'peers':
      return polled(async () => {
        const { node, peers: expected } = expectation;
        const peers = await scene.actions.peers(node);
        const asExpected = typeof expected === 'number' ? peers.length === expected : sameNames(peers, expected);
        const seen = peers.length === 0 ? `${node} has no peers` : `${node} has peers ${list(peers)}`;
        return asExpected ? met(seen) : open(seen);
      });
    case 'links':
      return polled(() => links(expectation, scene.actions));
  }
}

type Of<Kind extends Expectation['kind']> = Extract<Expectation, { kind: Kind }>;

async function gossip(
  { from, data, reaches, only, within }: Of<'gossip'>,
  { actions, journal, began, newId }: Scene,
): Promise<Check> {
  const id = newId();
  const wanted = new Set(reaches);
  /** Milliseconds after the news was told, by node. */
  const reached = new Map<string, number>();
  const stop = journal.read(began, (line) => {
    if (actions.heard(line) === id && !reached.has(line.node)) reached.set(line.node, Date.parse(line.time) - began);
  });
  try {
    await actions.gossip(from, { id, ...(data === undefined ? {} : { data }) });
  } catch (cause) {
    stop();
    throw cause;
  }
  return {
    byLog: true,
    end: stop,
    async look() {
      const inTime = [...reached].filter(([, after]) => after <= within);
      const strangers = inTime.map(([node]) => node).filter((node) => !wanted.has(node) && node !== from);
      const without = reaches.filter((node) => !inTime.some(([name]) => name === node));
      const late = without.filter((node) => reached.has(node));
      const last = Math.max(0, ...inTime.map(([, after]) => after));
      const seen = [
        `${reaches.length - without.length} of ${reaches.length} within ${Math.round(last)} ms`,
        ...(without.length > 0 ? [`without ${list(without)}`] : []),
        ...(late.length > 0 ? [`too late: ${list(late)}`] : []),
        ...(only && strangers.length > 0 ? [`and also ${list(strangers)}`] : []),
      ].join(', ');
      if (only && strangers.length > 0) return { state: 'missed', seen };
      if (without.length > 0) return open(seen);
      return only ? open(seen, 'met') : met(seen);
    },
  };
}

async function log(
  { nodes, pattern, flags, never, within }: Of<'log'>,
  { journal, since, began }: Scene,
): Promise<Check> {
  const wanted = nodes && new Set(nodes);
  const expression = new RegExp(pattern, flags);
  let lines = 0;
  let found: LogLine | undefined;
  const stop = journal.read(since, (line) => {
    if (found !== undefined || Date.parse(line.time) > began + within) return;
    if (wanted !== undefined && !wanted.has(line.node)) return;
    lines++;
    // A global expression would begin where it found something last.
    expression.lastIndex = 0;
    if (expression.test(textOf(line))) found = line;
  });
  return {
    byLog: true,
    end: stop,
    async look() {
      if (found === undefined)
        return open(`none of ${lines} ${lines === 1 ? 'line' : 'lines'}`, never ? 'met' : 'missed');
      const seen = `${found.node} ${textOf(found)}`;
      return never ? { state: 'missed', seen } : met(seen);
    },
  };
}

/** What a pattern is held against: the event and its fields, as the log on the screen has them. */
export function textOf({ event, fields }: LogLine): string {
  if (event === 'output') return String(fields.text);
  const value = (field: unknown) => (typeof field === 'string' ? field : JSON.stringify(field));
  return [event, ...Object.entries(fields).map(([key, field]) => `${key}=${value(field)}`)].join(' ');
}

async function links({ links, up }: Of<'links'>, actions: Actions): Promise<Standing> {
  const dialers = [...new Set(links.map(({ from }) => from))];
  const peers = new Map(await Promise.all(dialers.map(async (node) => [node, await actions.peers(node)] as const)));
  const wrong = links.filter(({ from, to }) => (peers.get(from) as string[]).includes(to) !== up);
  if (wrong.length === 0) return met(up ? 'up' : 'down');
  return open(`${up ? 'down' : 'up'}: ${list(wrong.map(({ from, to }) => `${from} -> ${to}`))}`);
}

function polled(look: () => Promise<Standing>): Check {
  return { look, byLog: false, end: () => {} };
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && others.every((name) => some.includes(name));
}

function met(seen: string): Standing {
  return { state: 'met', seen };
}

function open(seen: string, inTheEnd: 'met' | 'missed' = 'missed'): Standing {
  return { state: 'open', inTheEnd, seen };
}
