import { once } from 'node:events';
import type { RunningNetwork } from '../../../network/running-network.ts';
import type { Address } from '../../../protocol/index.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError, describeError } from '../../../shared/errors.ts';
import { handleInterrupt } from '../../input/interrupt.ts';
import { networkName } from '../../input/select-network.ts';
import { warn, writeToStderr } from '../../output/format.ts';

/** Time between two looks at whether the network is still there. */
const WATCH_INTERVAL_MS = 2_000;

interface Options {
  name?: string;
  listen?: Address;
}

export async function run(argument: string | undefined, { name, listen }: Options): Promise<void> {
  const network = await attachNetwork(networkName(argument, name));
  const { signal, release } = handleInterrupt();
  const ended = new AbortController();
  const ending = AbortSignal.any([signal, ended.signal]);
  try {
    // Loaded only here: no other command needs prom-client.
    const { openMetrics } = await import('../../../metrics/metrics-source.ts');
    const source = await openMetrics(network, { follow: listen !== undefined, signal: ending });
    if (listen === undefined) {
      process.stdout.write(await source.read());
      return;
    }
    const { serveMetrics } = await import('../../../metrics/serve-metrics.ts');
    const onFailure = (cause: unknown) => warn(`no metrics: ${describeError(cause)}`);
    const url = await serveMetrics(source, listen, { signal: ending, onFailure });
    writeToStderr(`metrics of ${network.name} at ${url}; Ctrl-C ends it`);
    const stopWatching = watchEnd(network, () => ended.abort());
    if (!ending.aborted) await once(ending, 'abort');
    stopWatching();
    if (ended.signal.aborted) writeToStderr(`${network.name} was removed elsewhere`);
  } finally {
    ended.abort();
    release();
    network.close();
  }
}

/** Calls `onEnd` once the network is gone. @returns a function that ends it */
function watchEnd(network: RunningNetwork, onEnd: () => void): () => void {
  const timer = setInterval(() => {
    network.nodes().catch((cause: unknown) => {
      if (cause instanceof DevnetError && cause.code === 'no_such_devnet') onEnd();
    });
  }, WATCH_INTERVAL_MS);
  return () => clearInterval(timer);
}
