/**
 * Returns the items in a random order that depends on nothing but the key and the items' names; each order is equally
 * likely. So a node makes the same choice for a message in every run with the same seed, whatever came before it and
 * whoever sent it, while other messages and other nodes get choices of their own.
 */
export function seededShuffle<T>(items: readonly T[], nameOf: (item: T) => string, key: readonly unknown[]): T[] {
  // Loaded here: a node that floods does without it, and starts sooner.
  const { hash } = process.getBuiltinModule('node:crypto');
  return items
    .map((item) => ({ item, rank: hash('sha256', JSON.stringify([...key, nameOf(item)])) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ item }) => item);
}
