import type { Condition, Cut, LinkState, MessageFault } from './state.ts';

/** One line for the log: an event and its fields, with nodes' names for their addresses. */
export interface Change {
  event: 'link_conditions' | 'fault_injected' | 'fault_healed';
  fields: Record<string, unknown>;
}

/** What is different in `after`, as log lines; `before` is undefined at the start. */
export function changesBetween(before: LinkState | undefined, after: LinkState): Change[] {
  return [...healedFaults(before, after), ...conditionChanges(before, after), ...injectedFaults(before, after)];
}

function conditionChanges(before: LinkState | undefined, after: LinkState): Change[] {
  const previous = conditionsByName(before);
  const current = conditionsByName(after);
  const changes: Change[] = [];
  for (const [pair, fields] of current) {
    if (JSON.stringify(previous.get(pair)) !== JSON.stringify(fields))
      changes.push({ event: 'link_conditions', fields });
  }
  for (const [pair, { from, to }] of previous) {
    if (!current.has(pair)) changes.push({ event: 'link_conditions', fields: { from, to, cleared: true } });
  }
  return changes;
}

function conditionsByName(state: LinkState | undefined): Map<string, Record<string, unknown>> {
  if (state === undefined) return new Map();
  const name = namesOf(state);
  return new Map(
    state.conditions.map(({ from, to, delay, jitter, loss, rate, duplicate, reorder, corrupt }: Condition) => [
      `${name(from)} ${name(to)}`,
      { from: name(from), to: name(to), delay, jitter, loss, rate, duplicate, reorder, corrupt },
    ]),
  );
}

function injectedFaults(before: LinkState | undefined, after: LinkState): Change[] {
  const known = faultsOf(before);
  return [...faultsOf(after)]
    .filter(([key]) => !known.has(key))
    .map(([, fields]) => ({ event: 'fault_injected', fields }));
}

function healedFaults(before: LinkState | undefined, after: LinkState): Change[] {
  const standing = faultsOf(after);
  return [...faultsOf(before)]
    .filter(([key]) => !standing.has(key))
    .map(([, { until: _until, ...fields }]) => ({ event: 'fault_healed', fields }));
}

/** Each part of each fault by all that makes it what it is. */
function faultsOf(state: LinkState | undefined): Map<string, Record<string, unknown>> {
  if (state === undefined) return new Map();
  const name = namesOf(state);
  const until = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
  const faults = [
    ...state.cuts.map((cut: Cut) => ({
      fault: cut.fault,
      action: 'cut',
      from: cut.from.map(name),
      to: cut.to.map(name),
      until: until(cut.until),
    })),
    ...state.messageFaults.map((fault: MessageFault) => ({
      ...fault,
      from: name(fault.from),
      to: name(fault.to),
      until: until(fault.until),
    })),
  ];
  return new Map(faults.map((fault) => [JSON.stringify(fault), fault]));
}

function namesOf(state: LinkState): (address: string) => string {
  const names = new Map(state.nodes.map(({ address, name }) => [address, name]));
  return (address) => names.get(address) ?? address;
}
