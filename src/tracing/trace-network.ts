import { CONTROLLER, CONTROLLER_LABEL, type LogEntry } from '../network/log-entry.ts';
import { nameNodes, namesByAddress } from '../network/node-names.ts';
import { epochMicroseconds } from '../network/receipt-collector.ts';
import type { RunningNetwork } from '../network/running-network.ts';
import type { ScenarioEvent } from '../scenario/index.ts';
import { raceSignal } from '../shared/time/race-signal.ts';
import { GossipSpans } from './gossip-spans.ts';
import { OtlpExporter } from './otlp-exporter.ts';
import { ScenarioSpans } from './scenario-spans.ts';

/** Time for the receiver to take the last of it, milliseconds. */
const CLOSE_TIMEOUT_MS = 6_000;

/** The traces and logs of a network, on their way to an OTLP receiver. */
export interface NetworkTraces {
  /** Begins the trace of a scenario. */
  startScenario(title: string): void;
  addScenarioEvent(event: ScenarioEvent): void;
  endScenario(tookMs: number, passed: boolean): void;
  /** Sends what happened until now, and ends. Never throws. */
  stop(): Promise<void>;
}

/**
 * Follows a network from now on, and sends its gossip as traces and its log as logs.
 * @param onFailure called with each failure to read or send
 * @throws what `readLog` throws
 */
export async function traceNetwork(
  network: RunningNetwork,
  url: string,
  onFailure: (message: string) => void,
): Promise<NetworkTraces> {
  const exporter = new OtlpExporter({ url, network: network.name, onFailure });
  const { run } = await network.summary();
  const { offsetMs } = await network.clockOffset();
  const gossip = new GossipSpans(run);
  const names = new Map([
    ...namesByAddress(network),
    ...[...network.addresses].map(([name, { host }]): [string, string] => [host, name]),
  ]);
  if (network.capabilities.has('link-conditions'))
    for (const link of await network.linkConditions()) gossip.setConditions({ ...link });
  let lastTime = '';
  const add = (entries: readonly LogEntry[]) => {
    const named = entries.map((entry) => nameNodes(entry, names));
    for (const span of gossip.add(named)) exporter.addSpan(span);
    for (const entry of named) {
      const service = entry.node === CONTROLLER ? CONTROLLER_LABEL : entry.node;
      exporter.addLogEntry(entry, service, gossip.contextOf(entry));
      if (entry.time > lastTime) lastTime = entry.time;
    }
  };
  const ending = new AbortController();
  const since = Date.now() + offsetMs;
  const log = await network.readLog({ follow: true, since, signal: ending.signal });
  const following = (async () => {
    for await (const entries of log) add(entries);
  })().catch((cause: Error) => ending.signal.aborted || onFailure(cause.message));
  let scenario: ScenarioSpans | undefined;
  return {
    startScenario: (title) => {
      scenario = new ScenarioSpans(title, run, Date.now() + offsetMs);
    },
    addScenarioEvent: (event) => {
      for (const span of scenario?.add(event) ?? []) exporter.addSpan(span);
    },
    endScenario: (tookMs, passed) => {
      for (const span of scenario?.end(tookMs, passed) ?? []) exporter.addSpan(span);
    },
    async stop() {
      ending.abort();
      await following;
      // Entries that the log held back for earlier ones of other nodes.
      await readRest(network, lastTime === '' ? since : epochMicroseconds(lastTime) / 1_000, (entries) =>
        add(entries.filter(({ time }) => time > lastTime)),
      ).catch(() => {}); // The network is gone.
      const timeout = AbortSignal.timeout(CLOSE_TIMEOUT_MS);
      await raceSignal(exporter.close(), timeout).catch((cause: Error) => onFailure(cause.message));
    },
  };
}

async function readRest(
  network: RunningNetwork,
  since: number,
  onEntries: (entries: readonly LogEntry[]) => void,
): Promise<void> {
  const all: LogEntry[] = [];
  for await (const entries of await network.readLog({ follow: false, since })) all.push(...entries);
  onEntries(all);
}
