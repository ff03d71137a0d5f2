import { formatAddress } from '../protocol/index.ts';
import type { LogEntry } from './log-entry.ts';
import type { RunningNetwork } from './running-network.ts';

/** Returns the `host:port` of every node, by name. */
export function addressesByName({ addresses }: Pick<RunningNetwork, 'addresses'>): Map<string, string> {
  return new Map([...addresses].map(([name, address]) => [name, formatAddress(address)]));
}

/** Returns the name of every node, by `host:port`. */
export function namesByAddress({ addresses }: Pick<RunningNetwork, 'addresses'>): Map<string, string> {
  return new Map([...addresses].map(([name, address]) => [formatAddress(address), name]));
}

/** Sorts in the topology's order of nodes; what has an address that is no node's comes last, in its own order. */
export function sortByNode<T>(
  { addresses }: Pick<RunningNetwork, 'addresses'>,
  items: readonly T[],
  addressOf: (item: T) => string,
): T[] {
  const places = new Map([...addresses.values()].map((address, index) => [formatAddress(address), index]));
  const placeOf = (item: T) => places.get(addressOf(item)) ?? places.size;
  return items.toSorted((one, other) => placeOf(one) - placeOf(other));
}

/** Replaces the addresses of nodes in the fields of a log entry by their names. */
export function nameNodes(entry: LogEntry, names: ReadonlyMap<string, string>): LogEntry {
  const named = (value: unknown) => (typeof value === 'string' ? (names.get(value) ?? value) : value);
  return {
    ...entry,
    fields: Object.fromEntries(Object.entries(entry.fields).map(([key, value]) => [key, named(value)])),
  };
}

/** Reads the merged log as `readLog` does, with names instead of addresses. */
export async function readNamedLog(
  network: Pick<RunningNetwork, 'addresses' | 'readLog'>,
  options: Parameters<RunningNetwork['readLog']>[0],
): Promise<AsyncIterable<LogEntry[]>> {
  const log = await network.readLog(options);
  const names = namesByAddress(network);
  return (async function* () {
    for await (const entries of log) yield entries.map((entry) => nameNodes(entry, names));
  })();
}
