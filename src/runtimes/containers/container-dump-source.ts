import { existsSync, readFileSync } from 'node:fs';
import { type DevnetStatus, status } from '../../controller/inspect/network-status.ts';
import { readNetemReport } from '../../controller/links/netem-agent.ts';
import { tailLogs } from '../../controller/logs/log-tail.ts';
import type { NetworkState } from '../../controller/state/network-state.ts';
import type { Engine } from '../../engine/engine.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import type { Topology } from '../../topology/index.ts';

/** A devnet as a dump asks it, whatever runs it. Each part is had by itself: one that fails is no end of the others. */
export interface DumpSource {
  /** As declared; absent where nothing but remains is left. */
  topology: Topology | undefined;
  status(): Promise<DevnetStatus>;
  /** The merged log, all that there is, in batches. */
  readLog(signal: AbortSignal): AsyncIterable<LogEntry[]>;
  /** What is asked of the links, and the rules that bring it about; absent where nothing can be asked of them. */
  links?(): Promise<unknown>;
  /** What runs it, beside this program: plain JSON. */
  versions(): Record<string, unknown>;
  /** What was done to it, JSON lines; empty where nothing was written down. */
  journal(): string;
}

/**
 * A devnet in containers.
 * @param journal file of what was done to it, where there is one
 */
export function containerDumpSource(engine: Engine, devnet: NetworkState, journal?: string): DumpSource {
  return {
    topology: devnet.topology,
    status: () => status(engine, devnet),
    readLog: (signal) => tailLogs(engine, devnet, { follow: false, signal }),
    links: async () => (await readNetemReport(engine, devnet)) ?? {},
    versions: () => ({
      engine: engine.version,
      api: engine.api,
      images: Object.fromEntries(devnet.containers.map(({ name, image, imageId }) => [name, `${image} ${imageId}`])),
    }),
    journal: () => (journal !== undefined && existsSync(journal) ? readFileSync(journal, 'utf8') : ''),
  };
}
