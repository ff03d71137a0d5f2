import type { LinkState } from './link-state.ts';

/** The state without the faults whose time has come. */
export function removeExpiredFaults(state: LinkState, now: number): LinkState {
  const lasts = ({ until }: { until?: number }): boolean => until === undefined || until > now;
  return { ...state, cuts: state.cuts.filter(lasts), messageFaults: state.messageFaults.filter(lasts) };
}

/** When the next fault heals by itself, milliseconds since the epoch; undefined when none will. */
export function nextFaultExpiry(state: LinkState): number | undefined {
  const times = [...state.cuts, ...state.messageFaults].flatMap(({ until }) => until ?? []);
  return times.length === 0 ? undefined : times.reduce((first, time) => Math.min(first, time));
}
