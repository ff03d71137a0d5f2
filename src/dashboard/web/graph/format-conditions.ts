import type { LinkConditions } from '../../../topology/model/topology.ts';

const CONDITION_KEYS = ['delay', 'jitter', 'loss', 'rate', 'duplicate', 'reorder', 'corrupt'] as const;

/** Formats the conditions of both directions of a link, shortly: `80 ms ± 5 · 1 %`; what differs is `80 ms | 20 ms`. */
export function formatConditions(there: LinkConditions | undefined, back: LinkConditions | undefined): string {
  const [first, second] = [formatDirection(there), formatDirection(back)];
  if (first === second) return first;
  return `${first || '–'} | ${second || '–'}`;
}

/** Formats conditions as they are written on a link: `80 ms · 1 %`, `80 ms →` where only one direction has any. */
export function formatSign(there: LinkConditions | undefined, back: LinkConditions | undefined): string {
  const [first, second] = [signOf(there), signOf(back)];
  if (first === second) return first;
  if (first === '' || second === '') return `${first || second} ${first === '' ? '←' : '→'}`;
  return `${first} | ${second}`;
}

function signOf({ delay, loss, rate, ...others }: LinkConditions = {}): string {
  return [
    ...(delay === undefined ? [] : [`${formatNumber(delay)} ms`]),
    ...(loss === undefined ? [] : [`${formatNumber(loss * 100)} %`]),
    ...(rate === undefined ? [] : [formatRate(rate)]),
    ...((others.duplicate ?? others.reorder ?? others.corrupt) ? ['…'] : []),
  ].join(' · ');
}

/** Formats the conditions of one direction; empty: none. */
export function formatDirection(conditions: LinkConditions = {}): string {
  return CONDITION_KEYS.flatMap((key) => {
    const value = conditions[key];
    if (value === undefined) return [];
    if (key === 'jitter') return [];
    if (key === 'delay') {
      const { jitter } = conditions;
      return [`${formatNumber(value)}${jitter === undefined ? '' : ` ± ${formatNumber(jitter)}`} ms`];
    }
    if (key === 'rate') return [formatRate(value)];
    const share = `${formatNumber(value * 100)} %`;
    return [key === 'loss' ? `${share} loss` : `${share} ${key}`];
  }).join(' · ');
}

export function formatRate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e9) return `${formatNumber(bitsPerSecond / 1e9)} Gbit/s`;
  if (bitsPerSecond >= 1e6) return `${formatNumber(bitsPerSecond / 1e6)} Mbit/s`;
  if (bitsPerSecond >= 1e3) return `${formatNumber(bitsPerSecond / 1e3)} kbit/s`;
  return `${formatNumber(bitsPerSecond)} bit/s`;
}

function formatNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
