import { CONTROLLER, type LogEntry } from '../devnet/log-entry.ts';
import { addressesOf } from './ask-nodes.ts';
import type { Backend } from './backend.ts';

/** How many lines a failure shows. */
const LINES = 20;

/** The end of the merged log as a failure shows it, each line indented; or why there is none. */
export async function lastLines(backend: Backend): Promise<string> {
  try {
    let entries: LogEntry[] = [];
    for await (const batch of backend.entries({ follow: false, tail: LINES })) {
      entries = [...entries, ...batch].slice(-LINES);
    }
    const names = new Map([...addressesOf(await backend.nodes())].map(([name, address]) => [address, name]));
    const lines = entries.map((entry) => `\n    ${formatEntry(entry, names)}`);
    return lines.length > 0 ? `the last lines of the log:${lines.join('')}` : 'the log is empty';
  } catch (cause) {
    // The failure that is being told of counts more than this one.
    return `the log could not be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

/** `15:16:45.850123 n2 gossip_received id=news-1 from=n1 hops=1`, in UTC. */
function formatEntry({ time, node, event, fields }: LogEntry, names: ReadonlyMap<string, string>): string {
  const parts = Object.entries(fields).map(([key, value]) => {
    const text = typeof value === 'string' ? (names.get(value) ?? value) : JSON.stringify(value);
    return `${key}=${text}`;
  });
  return [time.slice(11, 26), node === CONTROLLER ? 'devnet' : node, event, ...parts].join(' ');
}
