import { setMaxListeners } from 'node:events';
import type { Engine } from '../../engine/connection/engine.ts';
import { watchContainers } from '../../engine/events.ts';
import type { LogEntry } from '../../network/log-entry.ts';
import { anySignal } from '../../shared/time/any-signal.ts';
import { LABEL } from '../state/labels.ts';
import type { NetworkState } from '../state/network-state.ts';
import { NETEM_SOURCE } from './log-source.ts';
import { LogTail, type TailOptions } from './log-tail.ts';

/**
 * Yields the merged log of a network, in batches, ordered by the lines' times. With backpressure: the engine waits while the
 * reader is busy. With `follow`, the log also has what happens to the nodes, continues after a node's restart where it was,
 * and ends when the network is removed. Lines that the engine dropped before they could be read are replaced by an entry
 * `log_gap`, which says about how many there were.
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function* tailLogs(
  engine: Engine,
  devnet: NetworkState,
  options: TailOptions,
): AsyncGenerator<LogEntry[]> {
  yield* await openLogTail(engine, devnet, options);
}

/**
 * As {@link tailLogs}. Resolves when the log will contain all that happens from then on. A caller that does not read the log
 * must abort the signal.
 */
export async function openLogTail(
  engine: Engine,
  devnet: NetworkState,
  options: TailOptions,
): Promise<AsyncGenerator<LogEntry[]>> {
  const closed = new AbortController();
  const signal = options.signal ? anySignal([closed.signal, options.signal]) : closed.signal;
  setMaxListeners(0, signal); // One for each node.
  const tail = new LogTail(engine, options, options.nodes?.length ?? devnet.nodes.length, signal);
  if (options.follow) {
    tail.openEventSource();
    await watchContainers(
      engine,
      `${LABEL.run}=${devnet.run}`,
      signal,
      (event) => tail.handleContainerEvent(event),
      (failure) => tail.fail(failure),
      (host, reason) => tail.handleLostHost(host, reason),
    );
    // It may have been removed before the events were watched.
    tail.endIfGone(devnet.name);
  }
  const opened = devnet.nodes.map(({ name, containerId }) => tail.readLog(name, containerId, options));
  if (devnet.netemId !== undefined) opened.push(tail.readLog(NETEM_SOURCE, devnet.netemId, options));
  // A line that is written before the engine has found the last lines may be left out with those before.
  if (options.tail !== undefined) await Promise.all(opened);
  return readBatches(tail, closed);
}

async function* readBatches(tail: LogTail, closed: AbortController): AsyncGenerator<LogEntry[]> {
  try {
    yield* tail.batches();
  } finally {
    closed.abort();
  }
}
