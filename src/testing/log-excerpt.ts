import { CONTROLLER, type LogEntry } from '../network/log-entry.ts';
import { namesByAddress } from '../network/node-names.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import { describeError } from '../shared/errors.ts';

/** How many lines a failure shows. */
const MAX_EXCERPT_LINES = 20;

/** The end of the merged log as a failure shows it, each line indented; or why there is none. */
export async function readLogExcerpt(backend: RunningNetwork): Promise<string> {
  try {
    let entries: LogEntry[] = [];
    for await (const batch of await backend.readLog({ follow: false, tail: MAX_EXCERPT_LINES })) {
      entries = [...entries, ...batch].slice(-MAX_EXCERPT_LINES);
    }
    const names = namesByAddress(backend);
    const lines = entries.map((entry) => `\n    ${formatExcerptLine(entry, names)}`);
    return lines.length > 0 ? `the last lines of the log:${lines.join('')}` : 'the log is empty';
  } catch (cause) {
    // The failure that is being told of counts more than this one.
    return `the log could not be read: ${describeError(cause)}`;
  }
}

/** `15:16:45.850123 n2 gossip_received id=news-1 from=n1 hops=1`, in UTC. */
function formatExcerptLine({ time, node, event, fields }: LogEntry, names: ReadonlyMap<string, string>): string {
  const parts = Object.entries(fields).map(([key, value]) => {
    const text = typeof value === 'string' ? (names.get(value) ?? value) : JSON.stringify(value);
    return `${key}=${text}`;
  });
  return [time.slice(11, 26), node === CONTROLLER ? 'devnet' : node, event, ...parts].join(' ');
}
