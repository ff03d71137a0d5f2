import type { RunningNetwork } from '../../../network/running-network.ts';
import { describeError } from '../../../shared/errors.ts';
import type { NetworkTraces } from '../../../tracing/trace-network.ts';
import { warn } from '../format.ts';

/**
 * Sends the traces and logs of a network to an OTLP receiver. What cannot be sent is said once, and the command goes on.
 * @param url address of the receiver. @default nothing is sent
 */
export async function startTraces(
  network: RunningNetwork,
  url: string | undefined,
): Promise<NetworkTraces | undefined> {
  if (url === undefined) return undefined;
  let isReported = false;
  const onFailure = (message: string) => {
    if (isReported) return;
    isReported = true;
    warn(`traces and logs cannot be sent to ${url}: ${firstReason(message)}`);
  };
  try {
    // Loaded only here: OpenTelemetry takes a while to load.
    const { traceNetwork } = await import('../../../tracing/trace-network.ts');
    return await traceNetwork(network, url, onFailure);
  } catch (cause) {
    onFailure(describeError(cause));
    return undefined;
  }
}

/** Returns the reason in what the SDK reports, which is an error as JSON. */
function firstReason(message: string): string {
  try {
    const { message: reason, code, name } = JSON.parse(message) as Record<string, string>;
    return reason || code || name || message;
  } catch {
    return message;
  }
}
