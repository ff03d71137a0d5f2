/** Returns the name of a metric in words: `memory_bytes` is `memory`. */
export function metricLabel(metric: string): string {
  const words = metric
    .replace(/^devnet_/, '')
    .replace(/_(total|bytes|seconds|ratio|milliseconds)(?=_|$)/g, '')
    .replace(/^node_/, '')
    .replaceAll('_', ' ')
    .replace(/\bcpu\b/, 'processor time')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Formats a value in the unit that the metric's name has. */
export function formatMetric(metric: string, value: number): string {
  if (/_bytes(_|$)/.test(metric)) return formatBytes(value);
  if (/_seconds(_|$)/.test(metric))
    return value < 1 ? `${Number((value * 1_000).toPrecision(3))} ms` : `${value.toFixed(1)} s`;
  if (/_ratio(_|$)/.test(metric)) return `${Number((value * 100).toPrecision(3))} %`;
  return value.toLocaleString('en', { maximumFractionDigits: 2 });
}

/** Formats bytes in the largest unit of which there is one. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let left = bytes;
  while (left >= 1_024 && unit < units.length - 1) {
    left /= 1_024;
    unit++;
  }
  return `${unit === 0 ? Math.round(left) : Number(left.toPrecision(3))} ${units[unit]}`;
}
