import type { DirectedLinkConditions, LinkCut, LinkState, MessageFault } from './link-state.ts';

/** One line for the log: an event and its fields, with nodes' names for their addresses. */
export interface LinkChange {
  event: 'link_conditions' | 'fault_injected' | 'fault_healed';
  fields: Record<string, unknown>;
}

/** What is different in `after`, as log lines; `before` is undefined at the start. */
export function diffLinkStates(before: LinkState | undefined, after: LinkState): LinkChange[] {
  return [...goneFaults(before, after), ...conditionChanges(before, after), ...newFaults(before, after)];
}

function conditionChanges(before: LinkState | undefined, after: LinkState): LinkChange[] {
  const previous = conditionsByPair(before);
  const current = conditionsByPair(after);
  const changes: LinkChange[] = [];
  for (const [pair, fields] of current) {
    if (JSON.stringify(previous.get(pair)) !== JSON.stringify(fields))
      changes.push({ event: 'link_conditions', fields });
  }
  for (const [pair, { from, to }] of previous) {
    if (!current.has(pair)) changes.push({ event: 'link_conditions', fields: { from, to, cleared: true } });
  }
  return changes;
}

function conditionsByPair(state: LinkState | undefined): Map<string, Record<string, unknown>> {
  if (state === undefined) return new Map();
  const name = nodeNameLookup(state);
  return new Map(
    state.conditions.map(
      ({ from, to, delay, jitter, loss, rate, duplicate, reorder, corrupt }: DirectedLinkConditions) => [
        `${name(from)} ${name(to)}`,
        { from: name(from), to: name(to), delay, jitter, loss, rate, duplicate, reorder, corrupt },
      ],
    ),
  );
}

function newFaults(before: LinkState | undefined, after: LinkState): LinkChange[] {
  const known = faultsByKey(before);
  return [...faultsByKey(after)]
    .filter(([key]) => !known.has(key))
    .map(([, fields]) => ({ event: 'fault_injected', fields }));
}

function goneFaults(before: LinkState | undefined, after: LinkState): LinkChange[] {
  const standing = faultsByKey(after);
  return [...faultsByKey(before)]
    .filter(([key]) => !standing.has(key))
    .map(([, { until: _until, ...fields }]) => ({ event: 'fault_healed', fields }));
}

/** Each part of each fault by all that makes it what it is. */
function faultsByKey(state: LinkState | undefined): Map<string, Record<string, unknown>> {
  if (state === undefined) return new Map();
  const name = nodeNameLookup(state);
  const until = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
  const faults = [
    ...state.cuts.map((cut: LinkCut) => ({
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

function nodeNameLookup(state: LinkState): (address: string) => string {
  const names = new Map(state.nodes.map(({ address, name }) => [address, name]));
  return (address) => names.get(address) ?? address;
}
