import { conditionsInForce, type LinkState, nodeNameLookup } from './link-state.ts';

/** An event for the log, with names of nodes instead of addresses. */
export interface LinkStateChange {
  event: 'link_conditions' | 'fault_injected' | 'fault_healed';
  fields: Record<string, unknown>;
}

/** Returns the differences between two states as log events; `before` is undefined at the start. */
export function diffLinkStates(before: LinkState | undefined, after: LinkState): LinkStateChange[] {
  const [oldFaults, newFaults] = [faultsByKey(before), faultsByKey(after)];
  const healed = [...oldFaults].filter(([key]) => !newFaults.has(key));
  const injected = [...newFaults].filter(([key]) => !oldFaults.has(key));
  return [
    ...healed.map(([, { until: _until, ...fields }]) => ({ event: 'fault_healed' as const, fields })),
    ...conditionChanges(before, after),
    ...injected.map(([, fields]) => ({ event: 'fault_injected' as const, fields })),
  ];
}

function conditionChanges(before: LinkState | undefined, after: LinkState): LinkStateChange[] {
  const [old, current] = [conditionsByLink(before), conditionsByLink(after)];
  const changed = [...current].filter(([link, fields]) => JSON.stringify(old.get(link)) !== JSON.stringify(fields));
  const cleared = [...old].filter(([link]) => !current.has(link));
  return [
    ...changed.map(([, fields]) => ({ event: 'link_conditions' as const, fields })),
    ...cleared.map(([, { from, to }]) => ({ event: 'link_conditions' as const, fields: { from, to, cleared: true } })),
  ];
}

function conditionsByLink(state: LinkState | undefined): Map<string, Record<string, unknown>> {
  if (state === undefined) return new Map();
  const name = nodeNameLookup(state);
  return new Map(
    // Named one by one, so that their order in the log does not depend on the state's.
    conditionsInForce(state).map(({ from, to, delay, jitter, loss, rate, duplicate, reorder, corrupt }) => [
      `${name(from)} ${name(to)}`,
      { from: name(from), to: name(to), delay, jitter, loss, rate, duplicate, reorder, corrupt },
    ]),
  );
}

/** Returns the fields of each part of each fault, by all that identifies it. */
function faultsByKey(state: LinkState | undefined): Map<string, Record<string, unknown>> {
  if (state === undefined) return new Map();
  const name = nodeNameLookup(state);
  const formatTime = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
  const faults = [
    ...state.cuts.map(({ fault, from, to, until }) => ({
      fault,
      action: 'cut',
      from: from.map(name),
      to: to.map(name),
      until: formatTime(until),
    })),
    ...state.messageFaults.map(({ since: _since, by: _by, ...fault }) => ({
      ...fault,
      from: name(fault.from),
      to: name(fault.to),
      until: formatTime(fault.until),
    })),
  ];
  return new Map(faults.map((fault) => [JSON.stringify(fault), fault]));
}
