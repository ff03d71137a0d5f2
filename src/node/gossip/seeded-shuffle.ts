import { hash } from 'node:crypto';

/**
 * The items in an order drawn at random: each order is as likely as any other, but hangs on nothing except the key and
 * the items' names. So a node that passes on one piece of news makes the same choice in every run with the same seed,
 * whatever came before it and whoever it came from, while other news, and other nodes, make choices of their own.
 */
export function seededShuffle<T>(items: readonly T[], nameOf: (item: T) => string, key: readonly unknown[]): T[] {
  return items
    .map((item) => ({ item, rank: hash('sha256', JSON.stringify([...key, nameOf(item)])) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ item }) => item);
}
