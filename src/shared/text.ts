/** Counts and lists in messages. */

/** Formats a number with its noun: `1 node`, `2 nodes`. */
export function pluralize(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Items that a message lists in full. */
export const MAX_LISTED = 8;

/**
 * Joins items, the end of a long list cut: `n1, n2 and 7 more`.
 *
 * @param options.max most items that are listed in full
 */
export function formatList(items: readonly string[], { max = MAX_LISTED, separator = ', ' } = {}): string {
  if (items.length <= max) return items.join(separator);
  return `${items.slice(0, max - 1).join(separator)} and ${items.length - max + 1} more`;
}

/** Cuts text to `max` UTF-16 units, and marks that it did. */
export function truncate(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}…`;
}

/** Returns the text of a number, a truth value or a text; empty for all else. */
export function scalarText(value: unknown): string {
  return value === null || typeof value === 'object' ? '' : String(value);
}
